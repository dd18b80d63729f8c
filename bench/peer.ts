import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** What a side says once its model is loaded. */
export interface Introduction {
  versions: Record<string, string>;
}

export interface HonEvalIntroduction extends Introduction {
  parameters: number;
  weightBytes: number;
}

/** One run over a task's documents with the model loaded: from text to log-likelihoods. */
export interface Timing {
  seconds: number;
  /** Seconds spent on tokenizing. */
  tokenizing: number;
}

export interface HonEvalTiming extends Timing {
  /** Seconds spent on building trees and packing them; this and tokenizing go on beside the backend. */
  packing: number;
  /** Seconds in which the backend computed. */
  backend: number;
  /** Tokens of all trees. */
  tokens: number;
  /** Cells of all batches: tokens and padding. */
  cells: number;
  /** Floating-point operations done, and those of every request scored alone. */
  flops: number;
  flopsAlone: number;
}

export interface Scored<T extends Timing> {
  timing: T;
  /** One a request, documents and choices in their order. */
  logLikelihoods: number[];
}

export interface HonEvalScored extends Scored<HonEvalTiming> {
  /** [documents] how many choices each has. */
  choices: number[];
  /** [requests] tokens of each continuation. */
  continuationTokens: number[];
}

/** Environment in which Python's libraries ask nothing of a network and draw no progress. */
export const quiet = { HF_HUB_OFFLINE: '1', HF_HUB_DISABLE_PROGRESS_BARS: '1', TQDM_DISABLE: '1' };

/** A process that introduces itself and then answers questions, one line of JSON each. */
export class Peer<I extends Introduction = Introduction> {
  readonly introduction: I;
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  private constructor(child: ChildProcess, answers: AsyncIterator<string>, introduction: I) {
    this.#child = child;
    this.#answers = answers;
    this.introduction = introduction;
  }

  /** Resolves when the process has loaded its model. Its stderr is this one's; `env` is added to what it is given. */
  static async start<I extends Introduction>(
    command: string,
    args: string[],
    env: NodeJS.ProcessEnv = {},
  ): Promise<Peer<I>> {
    const options = { env: { ...process.env, ...quiet, ...env } };
    const child = spawn(command, args, { ...options, stdio: ['pipe', 'pipe', 'inherit'] });
    // A process that cannot start or has ended is noticed by the answer that does not come.
    child.on('error', (error) => console.error(error.message));
    child.stdin!.on('error', () => {});
    const answers = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    return new Peer(child, answers, await nextAnswer<I>(answers, command));
  }

  async ask<T>(question: object): Promise<T> {
    this.#child.stdin!.write(`${JSON.stringify(question)}\n`);
    return nextAnswer(this.#answers, this.#child.spawnfile);
  }

  /** Peak resident memory until now, on Linux; what `getrusage` says would count the process that started this one. */
  peakBytes(): number | undefined {
    const file = `/proc/${this.#child.pid}/status`;
    if (!existsSync(file)) return undefined;
    return 1024 * Number(/VmHWM:\s*(\d+) kB/.exec(readFileSync(file, 'utf8'))![1]);
  }

  async close(): Promise<void> {
    this.#child.stdin!.end();
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
  }
}

async function nextAnswer<T>(answers: AsyncIterator<string>, command: string): Promise<T> {
  const { value, done } = await answers.next();
  if (done) throw new Error(`${command} ended without an answer; what it wrote above says why.`);
  return JSON.parse(value);
}
