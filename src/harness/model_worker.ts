import type { BackendInfo, BackendOptions, Batch, BatchScores } from '../backend/backend.ts';
import type { Checkpoint, TensorInfo } from '../checkpoint/types.ts';
import type { JsonObject } from '../json.ts';
import { Thread } from './thread.ts';

export type ModelQuestion =
  | {
      kind: 'load';
      backend: string;
      config: JsonObject;
      tensors: ReadonlyMap<string, TensorInfo>;
      options: BackendOptions;
    }
  | { kind: 'score'; batch: Batch };

export type ModelAnswer =
  | { kind: 'loaded'; info: BackendInfo; freeMemory?: number }
  | { kind: 'scored'; scores: BatchScores; seconds: number };

type AnswerOf<K extends ModelAnswer['kind']> = Extract<ModelAnswer, { kind: K }>;

/** A model in a thread of its own. Batches are scored in the order they are sent. */
export class ModelWorker {
  readonly info: BackendInfo;
  /** Bytes that the device has left for batches, where that is known. */
  readonly freeMemory?: number;
  /** Seconds that the backend has computed. */
  busySeconds = 0;
  readonly #thread: Thread<ModelQuestion, ModelAnswer>;

  private constructor(thread: Thread<ModelQuestion, ModelAnswer>, { info, freeMemory }: AnswerOf<'loaded'>) {
    this.#thread = thread;
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
    const thread = new Thread<ModelQuestion, ModelAnswer>('model_thread', signal);
    const options = { device, dtype, threads };
    try {
      const loaded = await thread.ask({ kind: 'load', backend, config, tensors, options });
      return new ModelWorker(thread, loaded as AnswerOf<'loaded'>);
    } catch (error) {
      await thread.close();
      throw error;
    }
  }

  /** Takes the batch's arrays away: they are transferred, not copied. */
  async score(batch: Batch): Promise<BatchScores> {
    const answer = (await this.#thread.ask({ kind: 'score', batch }, batchMemory(batch))) as AnswerOf<'scored'>;
    this.busySeconds += answer.seconds;
    return answer.scores;
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}

/** The memory of a batch's arrays. */
export function batchMemory(batch: Batch): ArrayBufferLike[] {
  return Object.values(batch).flatMap((value) => (value instanceof Int32Array ? [value.buffer] : []));
}
