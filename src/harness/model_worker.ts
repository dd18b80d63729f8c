import type { BackendInfo, BackendOptions, Batch, BatchScores } from '../backend/backend.ts';
import type { Checkpoint } from '../checkpoint/types.ts';
import { type Loaded, type LoadQuestion, loadThread } from './load_thread.ts';
import type { Thread } from './thread.ts';

export type ModelQuestion = LoadQuestion | { kind: 'score'; batch: Batch };

export type ModelAnswer = (Loaded & { freeMemory?: number }) | { kind: 'scored'; scores: BatchScores; seconds: number };

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
    checkpoint: Checkpoint,
    backend: string,
    options: BackendOptions,
    signal?: AbortSignal,
  ): Promise<ModelWorker> {
    const name = 'model_thread';
    const { thread, loaded } = await loadThread<ModelQuestion, ModelAnswer>(name, checkpoint, backend, options, signal);
    return new ModelWorker(thread, loaded);
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
