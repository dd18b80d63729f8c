import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Reply, ready } from './answer.ts';
import { Questions } from './questions.ts';
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

/**
 * A process of its own that answers questions in the order in which they are asked: what ends it takes nothing else along.
 * It ends with the process that started it, whatever ends that.
 */
export class Child<Q, A> {
  readonly #process: ChildProcess;
  readonly #questions = new Questions<A>();
  readonly #exited: Promise<void>;

  /** @param script The file that calls `answerQuestions`: `new URL('./name_thread.ts', import.meta.url)`. */
  constructor(script: URL) {
    this.#process = fork(fileURLToPath(scriptFile(script)), [], {
      // Typed arrays as they are.
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#process.on('message', (message) => this.#questions.hear(message as typeof ready | Reply<A>));
    this.#exited = new Promise((resolve) => {
      const end = (cause: string) => {
        this.#questions.fail(new ChildEnded(cause));
        resolve();
      };
      this.#process.on('exit', (code, signal) => end(signal ?? `exit code ${code}`));
      this.#process.on('error', (error) => end(error.message));
    });
  }

  /** Rejects with `ChildEnded` where the process ends first. */
  ask(question: Q): Promise<A> {
    // Where it cannot be sent, the end of the process is told as well.
    return this.#questions.ask(() => this.#process.send(question as object, () => {}));
  }

  /** Ends the process at once, within whatever it does. */
  async close(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#exited;
  }
}
