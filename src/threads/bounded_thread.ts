import { Worker } from 'node:worker_threads';
import { errorOf, type Reply, ready } from './answer.ts';
import { scriptFile } from './script.ts';

/** What one question may take. */
export interface Limits {
  /** From when the thread begins with it. */
  seconds: number;
  /** Of JavaScript objects; typed arrays lie elsewhere and do not count. */
  megabytes: number;
}

/** A question took more than it may. The message is the end of a sentence whose beginning names what was asked. */
export class LimitError extends Error {
  readonly limit: 'time' | 'memory';

  constructor(limit: 'time' | 'memory', { seconds, megabytes }: Limits) {
    super(limit === 'time' ? `does not end within ${seconds} s` : `takes more than ${megabytes} MB of memory`);
    this.limit = limit;
  }
}

export interface BoundedThreadOptions extends Limits {
  /** The thread's `workerData`. */
  data?: unknown;
  /** Once it is aborted, every question fails with its reason. */
  signal?: AbortSignal;
}

/** The thread could not start, or was closed: a fault of whoever uses it, and of no question. */
export class ThreadError extends Error {}

interface Job<Q, A> {
  question: Q;
  resolve(answer: A): void;
  reject(reason: unknown): void;
}

/**
 * A thread for work that may never end, or take all memory: what a file from anywhere has a library do, say. It answers
 * questions one at a time. One that takes too much fails with a `LimitError` and ends the thread; the next question gets
 * a new one. Never for native code, which takes the process with it when its thread is ended.
 */
export class BoundedThread<Q, A> {
  readonly #script: URL;
  readonly #options: BoundedThreadOptions;
  readonly #waiting: Job<Q, A>[] = [];
  readonly #abort = () => void this.#end(this.#options.signal?.reason);
  #worker?: Worker;
  #isReady = false;
  #job?: Job<Q, A>;
  #timer?: NodeJS.Timeout;
  #ended?: { reason: unknown };

  /**
   * @param script The file that calls `answerQuestions`: `new URL('./name_thread.ts', import.meta.url)`. The thread starts
   * with the first question.
   */
  constructor(script: URL, options: BoundedThreadOptions) {
    options.signal?.throwIfAborted();
    this.#script = script;
    this.#options = options;
    options.signal?.addEventListener('abort', this.#abort, { once: true });
  }

  ask(question: Q): Promise<A> {
    const { promise, resolve, reject } = Promise.withResolvers<A>();
    if (this.#ended) reject(this.#ended.reason);
    else this.#waiting.push({ question, resolve, reject });
    this.#next();
    return promise;
  }

  /** Questions that wait for an answer. */
  get load(): number {
    return this.#waiting.length + (this.#job ? 1 : 0);
  }

  /** Ends the thread. What still waits for an answer fails. */
  close(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#abort);
    return this.#end(new ThreadError('the thread was closed'));
  }

  async #end(reason: unknown): Promise<void> {
    this.#ended ??= { reason };
    const worker = this.#drop();
    this.#take()?.reject(reason);
    for (const job of this.#waiting.splice(0)) job.reject(reason);
    await worker?.terminate();
  }

  #next(): void {
    if (this.#job) return;
    this.#job = this.#waiting.shift();
    if (!this.#job) return;
    this.#worker ??= this.#start();
    if (this.#isReady) this.#post(this.#job);
  }

  #post(job: Job<Q, A>): void {
    this.#worker?.postMessage(job.question);
    // The answer may have come while this thread was busy with other things: then it is heard before the immediate.
    const giveUp = () => this.#job === job && this.#fail(new LimitError('time', this.#options));
    this.#timer = setTimeout(() => setImmediate(giveUp), this.#options.seconds * 1000);
  }

  #start(): Worker {
    const { data, megabytes } = this.#options;
    const worker = new Worker(scriptFile(this.#script), {
      workerData: data,
      resourceLimits: { maxOldGenerationSizeMb: megabytes },
    });
    const ifCurrent = (action: () => void) => worker === this.#worker && action();
    worker.on('message', (message: typeof ready | Reply<A>) => ifCurrent(() => this.#hear(message)));
    worker.on('error', (error) => ifCurrent(() => this.#fail(this.#explain(error))));
    worker.on('exit', () => ifCurrent(() => this.#fail(new Error('the thread ended before it answered'))));
    return worker;
  }

  #hear(message: typeof ready | Reply<A>): void {
    if (message === ready) {
      this.#isReady = true;
      if (this.#job) this.#post(this.#job);
      return;
    }
    const job = this.#take();
    if ('answer' in message) job?.resolve(message.answer);
    else job?.reject(errorOf(message));
    this.#next();
  }

  #explain(error: NodeJS.ErrnoException): Error {
    if (!this.#isReady) return new ThreadError(`the thread did not start (${error.message})`, { cause: error });
    return error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? new LimitError('memory', this.#options) : error;
  }

  #fail(error: Error): void {
    void this.#drop()?.terminate();
    this.#take()?.reject(error);
    this.#next();
  }

  #take(): Job<Q, A> | undefined {
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
