import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { errorOf, type Reply, ready } from './answer.ts';
import { scriptFile } from './script.ts';

/** The process ended, by whatever cause, before it answered. */
export class ChildEnded extends Error {
  /** `SIGKILL`, or `exit code 1`. */
  override readonly cause: string;

  constructor(cause: string) {
    super(`the process ended (${cause}) before it answered`);
    this.cause = cause;
  }
}

interface Waiting<A> {
  resolve(answer: A): void;
  reject(error: unknown): void;
}

/**
 * A process of its own that answers questions in the order in which they are asked: what ends it takes nothing else along.
 * It ends with the process that started it, whatever ends that.
 */
export class Child<Q, A> {
  readonly #process: ChildProcess;
  readonly #waiting: Waiting<A>[] = [];
  readonly #exited: Promise<void>;
  #ended?: ChildEnded;

  /** @param script The file that calls `answerQuestions`: `new URL('./name_thread.ts', import.meta.url)`. */
  constructor(script: URL) {
    this.#process = fork(fileURLToPath(scriptFile(script)), [], {
      // Typed arrays as they are.
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#process.on('message', (reply: typeof ready | Reply<A>) => reply !== ready && this.#settle(reply));
    this.#exited = new Promise((resolve) => {
      const end = (cause: string) => {
        this.#ended ??= new ChildEnded(cause);
        for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#ended);
        resolve();
      };
      this.#process.on('exit', (code, signal) => end(signal ?? `exit code ${code}`));
      this.#process.on('error', (error) => end(error.message));
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Rejects with `ChildEnded` where the process ends first. */
  ask(question: Q): Promise<A> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(this.#ended);
      this.#waiting.push({ resolve, reject });
      // Where it cannot be sent, the end of the process is told as well.
      this.#process.send(question as object, () => {});
    });
  }

  /** Ends the process at once, within whatever it does. */
  async close(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#exited;
  }

  #settle(reply: Reply<A>): void {
    const waiting = this.#waiting.shift();
    if ('answer' in reply) waiting?.resolve(reply.answer);
    else waiting?.reject(errorOf(reply));
  }
}
