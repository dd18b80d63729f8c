import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { extractAnswer } from './extract.ts';
import { extractLetter } from './letter.ts';
import type { GraderName, Outcome, Verdict } from './verdict.ts';

export interface GradingQuestion {
  grader: GraderName;
  /** LaTeX, a solution that ends in it, or a letter. */
  gold: string;
  /** Everything that the model wrote. */
  text: string;
}

export interface GradingOptions {
  /** Comparisons at the same time. Default: 1, which grades thousands a second. */
  threads?: number;
  /** Seconds that a comparison may take. Default: 5. */
  timeLimit?: number;
  /** Megabytes of objects that a thread may hold, of which the engine takes some 30. Default: 512. */
  memoryLimit?: number;
  /** Once it is aborted, every question fails with its reason. */
  signal?: AbortSignal;
}

const defaultTimeLimit = 5;

const defaultMemoryLimit = 512;

interface Job extends GradingQuestion {
  resolve(verdict: Verdict): void;
  reject(reason: unknown): void;
}

/**
 * Grades answers in threads of its own. A comparison that takes too long, or too much memory, ends with its thread;
 * another one takes the thread's place, and the comparison counts as wrong.
 */
export class GradingPool {
  readonly #waiting: Job[] = [];
  readonly #graders: Grader[];
  readonly #signal?: AbortSignal;
  readonly #abort = () => this.#end(this.#signal?.reason);

  constructor({ threads = 1, timeLimit, memoryLimit, signal }: GradingOptions = {}) {
    signal?.throwIfAborted();
    this.#graders = Array.from({ length: threads }, () => new Grader(() => this.#next(), timeLimit, memoryLimit));
    this.#signal = signal;
    signal?.addEventListener('abort', this.#abort, { once: true });
  }

  grade(grader: GraderName, gold: string, text: string): Promise<Verdict> {
    return new Promise((resolve, reject) => {
      if (this.#signal?.aborted) return reject(this.#signal.reason);
      this.#waiting.push({ grader, gold, text, resolve, reject });
      this.#next();
    });
  }

  /** Ends the threads. What still waits for a verdict fails. */
  async close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#abort);
    await this.#end(new Error('the grading pool was closed'));
  }

  #next(): void {
    for (const grader of this.#graders) {
      if (this.#waiting.length > 0 && grader.isFree) grader.start(this.#waiting.shift()!);
    }
  }

  async #end(reason: unknown): Promise<void> {
    for (const job of this.#waiting.splice(0)) job.reject(reason);
    await Promise.all(this.#graders.map((grader) => grader.end(reason)));
  }
}

/** One comparison at a time, in a thread that is made when it is needed. */
class Grader {
  readonly #onFree: () => void;
  readonly #timeLimit: number;
  readonly #memoryLimit: number;
  #worker?: Worker;
  #isReady = false;
  #job?: Job;
  #timer?: NodeJS.Timeout;

  constructor(onFree: () => void, timeLimit = defaultTimeLimit, memoryLimit = defaultMemoryLimit) {
    this.#onFree = onFree;
    this.#timeLimit = timeLimit;
    this.#memoryLimit = memoryLimit;
  }

  get isFree(): boolean {
    return this.#job === undefined;
  }

  start(job: Job): void {
    this.#job = job;
    this.#worker ??= this.#makeWorker();
    if (this.#isReady) this.#ask(job);
  }

  async end(reason: unknown): Promise<void> {
    const worker = this.#drop();
    this.#take()?.reject(reason);
    await worker?.terminate();
  }

  #ask(job: Job): void {
    const { grader, gold, text } = job;
    this.#worker?.postMessage({ grader, gold, text } satisfies GradingQuestion);
    // The verdict may have come while this thread was busy with other things: then it is heard before the immediate.
    const giveUp = () => this.#job === job && this.#giveUp('timeout');
    this.#timer = setTimeout(() => setImmediate(giveUp), this.#timeLimit * 1000);
  }

  #makeWorker(): Worker {
    // The same extension as this file's: `.ts` where the sources are run as they are, `.js` where they were compiled.
    const script = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);
    const worker = new Worker(script, { resourceLimits: { maxOldGenerationSizeMb: this.#memoryLimit } });
    worker.on('message', (message: 'ready' | Verdict) => worker === this.#worker && this.#hear(message));
    worker.on('error', (error) => worker === this.#worker && this.#fail(error));
    worker.on('exit', () => worker === this.#worker && this.#fail(new Error('the grading thread ended')));
    return worker;
  }

  #hear(message: 'ready' | Verdict): void {
    if (message === 'ready') {
      this.#isReady = true;
      if (this.#job) this.#ask(this.#job);
    } else this.#settle(message);
  }

  /** A thread that could not even start is a bug; one that a comparison brought down says so in its verdict. */
  #fail(error: unknown): void {
    if (this.#isReady) this.#giveUp('crash');
    else {
      this.#drop();
      this.#take()?.reject(error);
      this.#onFree();
    }
  }

  #giveUp(outcome: Outcome): void {
    void this.#drop()?.terminate();
    if (!this.#job) return;
    const { grader, text } = this.#job;
    const answer = grader === 'letter' ? extractLetter(text) : extractAnswer(text);
    this.#settle({ correct: false, answer, outcome });
  }

  #settle(verdict: Verdict): void {
    this.#take()?.resolve(verdict);
    this.#onFree();
  }

  #take(): Job | undefined {
    clearTimeout(this.#timer);
    const job = this.#job;
    this.#job = undefined;
    return job;
  }

  #drop(): Worker | undefined {
    const worker = this.#worker;
    this.#worker = undefined;
    this.#isReady = false;
    return worker;
  }
}
