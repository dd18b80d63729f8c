import { basename, extname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { parentPort, SHARE_ENV, Worker } from 'node:worker_threads';
import { type FailureKind, HonEvalError } from '../errors.ts';

/** What goes back over a thread's channel: an answer, or what the other side needs of an error. */
type Reply<A> = { answer: A } | { message: string; kind: FailureKind } | { error: Error };

/** Ends a thread. */
const close = 'close';

interface Waiting<A> {
  resolve(answer: A): void;
  reject(error: unknown): void;
}

/** A thread of its own that answers questions in the order in which they are asked. */
export class Thread<Q, A> {
  readonly #worker: Worker;
  readonly #exited: Promise<unknown>;
  readonly #waiting: Waiting<A>[] = [];
  readonly #signal?: AbortSignal;
  readonly #stop = () => this.#break(this.#signal?.reason);
  #broken?: { reason: unknown };

  /**
   * @param script The file that calls `answerQuestions`: `new URL('./name_thread.ts', import.meta.url)`.
   * @param signal Once it is aborted, every question fails with its reason.
   */
  constructor(script: URL, signal?: AbortSignal) {
    signal?.throwIfAborted();
    // The same extension as this file's: `.ts` where the sources are run as they are, `.js` where they were compiled.
    const file = new URL(script.href.replace(/\.ts$/, extname(import.meta.url)));
    // A backend may have to set a variable that a native library reads; a thread's own copy would not reach it.
    this.#worker = new Worker(file, { env: SHARE_ENV });
    this.#worker.on('message', (reply: Reply<A>) => this.#settle(reply));
    this.#worker.on('error', (error) => this.#break(error));
    this.#exited = new Promise((resolve) => this.#worker.on('exit', resolve));
    this.#worker.on('exit', () =>
      this.#break(new Error(`the thread ${basename(file.pathname)} ended before it answered`)),
    );
    this.#signal = signal;
    signal?.addEventListener('abort', this.#stop, { once: true });
  }

  /** @param transfer Memory that is handed over rather than copied. */
  ask(question: Q, transfer: ArrayBufferLike[] = []): Promise<A> {
    return new Promise((resolve, reject) => {
      if (this.#broken) return reject(this.#broken.reason);
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(question, transfer as ArrayBuffer[]);
    });
  }

  /** Questions that wait for an answer. */
  get load(): number {
    return this.#waiting.length;
  }

  /** Waits for an answer that is being made: a thread that is ended within native code takes the process with it. */
  async close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#stop);
    this.#worker.postMessage(close);
    await this.#exited;
  }

  #settle(reply: Reply<A>): void {
    const waiting = this.#waiting.shift();
    if ('answer' in reply) waiting?.resolve(reply.answer);
    else waiting?.reject('error' in reply ? reply.error : new HonEvalError(reply.kind, reply.message));
  }

  #break(reason: unknown): void {
    this.#broken ??= { reason };
    for (const waiting of this.#waiting.splice(0)) waiting.reject(reason);
  }
}

/** The thread's side: answers every question in order. `transfer` names the memory of an answer to hand over. */
export function answerQuestions<Q, A>(
  answer: (question: Q) => Promise<A>,
  transfer: (answer: A) => ArrayBufferLike[] = () => [],
): void {
  let queue = Promise.resolve();
  const reply = async (question: Q) => {
    // Lets `close` in between two questions.
    await setImmediate();
    try {
      const given = await answer(question);
      parentPort?.postMessage({ answer: given } satisfies Reply<A>, transfer(given) as ArrayBuffer[]);
    } catch (error) {
      parentPort?.postMessage(failure(error));
    }
  };
  parentPort?.on('message', (question: Q | typeof close) => {
    // Ends the thread, not the process, and does not queue: what waits there is of no use any more.
    if (question === close) process.exit();
    queue = queue.then(() => reply(question));
  });
}

/** Errors cross threads as plain ones, without their class and what it adds. */
function failure(error: unknown): Reply<never> {
  if (error instanceof HonEvalError) return { message: error.message, kind: error.kind };
  return { error: error instanceof Error ? error : new Error(String(error)) };
}
