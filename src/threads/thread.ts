import { basename } from 'node:path';
import { SHARE_ENV, Worker } from 'node:worker_threads';
import { close } from './answer.ts';
import { Questions } from './questions.ts';
import { scriptFile } from './script.ts';

/**
 * A thread of its own that answers questions in the order in which they are asked, and takes what time and memory they
 * need: native code may be at work in it.
 */
export class Thread<Q, A> {
  readonly #worker: Worker;
  readonly #exited: Promise<unknown>;
  readonly #questions = new Questions<A>();
  readonly #signal?: AbortSignal;
  readonly #stop = () => this.#questions.fail(this.#signal?.reason);

  /**
   * @param script The file that calls `answerQuestions`: `new URL('./name_thread.ts', import.meta.url)`.
   * @param signal Once it is aborted, every question fails with its reason.
   * @param data The thread's `workerData`.
   */
  constructor(script: URL, signal?: AbortSignal, data?: unknown) {
    signal?.throwIfAborted();
    const file = scriptFile(script);
    // A backend may have to set a variable that a native library reads; a thread's own copy would not reach it.
    this.#worker = new Worker(file, { env: SHARE_ENV, workerData: data });
    this.#worker.on('message', (message) => this.#questions.hear(message));
    this.#worker.on('error', (error) => this.#questions.fail(error));
    this.#exited = new Promise((resolve) => this.#worker.on('exit', resolve));
    this.#worker.on('exit', () =>
      this.#questions.fail(new Error(`the thread ${basename(file.pathname)} ended before it answered`)),
    );
    this.#signal = signal;
    signal?.addEventListener('abort', this.#stop, { once: true });
  }

  /** @param transfer Memory that is handed over rather than copied. */
  ask(question: Q, transfer: ArrayBufferLike[] = []): Promise<A> {
    return this.#questions.ask(() => this.#worker.postMessage(question, transfer as ArrayBuffer[]));
  }

  /** Questions that wait for an answer. */
  get load(): number {
    return this.#questions.length;
  }

  /** From here on, the signal is nothing to it. */
  detach(): void {
    this.#signal?.removeEventListener('abort', this.#stop);
  }

  /** Waits for an answer that is being made: a thread that is ended within native code takes the process with it. */
  async close(): Promise<void> {
    this.detach();
    this.#worker.postMessage(close);
    await this.#exited;
  }
}
