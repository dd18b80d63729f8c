import { extname } from 'node:path';
import { SHARE_ENV, Worker } from 'node:worker_threads';
import type { BackendInfo, BackendOptions, Batch, BatchScores } from '../backend/backend.ts';
import type { Checkpoint, TensorInfo } from '../checkpoint/types.ts';
import { type FailureKind, HonEvalError } from '../errors.ts';
import type { JsonObject } from '../json.ts';

export type Question =
  | {
      kind: 'load';
      backend: string;
      config: JsonObject;
      tensors: ReadonlyMap<string, TensorInfo>;
      options: BackendOptions;
    }
  | { kind: 'score'; batch: Batch };

export type Answer =
  | { kind: 'loaded'; info: BackendInfo; freeMemory?: number }
  | { kind: 'scored'; scores: BatchScores; seconds: number }
  | { kind: 'failed'; message: string; failure?: FailureKind };

type AnswerOf<K extends Answer['kind']> = Extract<Answer, { kind: K }>;

/** A model in a thread of its own. Batches are scored in the order they are sent. */
export class ModelWorker {
  readonly info: BackendInfo;
  /** Bytes that the device has left for batches, where that is known. */
  readonly freeMemory?: number;
  /** Seconds that the backend has computed. */
  busySeconds = 0;
  readonly #channel: Channel;

  private constructor(channel: Channel, { info, freeMemory }: AnswerOf<'loaded'>) {
    this.#channel = channel;
    this.info = info;
    this.freeMemory = freeMemory;
  }

  /** Loads the checkpoint's weights on the backend. Once `signal` is aborted, every question fails with its reason. */
  static async start(
    { config, tensors }: Checkpoint,
    backend: string,
    { device, dtype, threads }: BackendOptions,
    signal?: AbortSignal,
  ): Promise<ModelWorker> {
    signal?.throwIfAborted();
    const channel = new Channel(signal);
    const options = { device, dtype, threads };
    try {
      const loaded = await channel.ask({ kind: 'load', backend, config, tensors, options });
      return new ModelWorker(channel, loaded as AnswerOf<'loaded'>);
    } catch (error) {
      await channel.close();
      throw error;
    }
  }

  /** Takes the batch's arrays away: they are transferred, not copied. */
  async score(batch: Batch): Promise<BatchScores> {
    const arrays = Object.values(batch).filter((value) => value instanceof Int32Array);
    const question: Question = { kind: 'score', batch };
    const answer = (await this.#channel.ask(
      question,
      arrays.map((array) => array.buffer),
    )) as AnswerOf<'scored'>;
    this.busySeconds += answer.seconds;
    return answer.scores;
  }

  close(): Promise<void> {
    return this.#channel.close();
  }
}

interface Waiting {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/** Questions to the worker thread and its answers, which come in the same order. */
class Channel {
  readonly #worker: Worker;
  readonly #waiting: Waiting[] = [];
  readonly #signal?: AbortSignal;
  readonly #stop = () => this.#break(this.#signal?.reason);
  #broken?: Error;

  constructor(signal?: AbortSignal) {
    // The same extension as this file's: `.ts` where the sources are run as they are, `.js` where they were compiled.
    const script = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);
    // A backend may have to set a variable that a native library reads; a thread's own copy would not reach it.
    this.#worker = new Worker(script, { env: SHARE_ENV });
    this.#worker.on('message', (answer: Answer) => this.#settle(answer));
    this.#worker.on('error', (error) => this.#break(error instanceof Error ? error : new Error(String(error))));
    this.#worker.on('exit', () => this.#break(new Error('the backend thread ended before it answered')));
    this.#signal = signal;
    signal?.addEventListener('abort', this.#stop, { once: true });
  }

  ask(question: Question, transfer: ArrayBufferLike[] = []): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#broken) return reject(this.#broken);
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(question, transfer as ArrayBuffer[]);
    });
  }

  async close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#stop);
    await this.#worker.terminate();
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.shift();
    if (answer.kind !== 'failed') waiting?.resolve(answer);
    else if (answer.failure) waiting?.reject(new HonEvalError(answer.failure, answer.message));
    else waiting?.reject(new Error(answer.message));
  }

  #break(error: Error): void {
    this.#broken ??= error;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
  }
}
