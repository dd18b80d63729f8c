import type { BackendInfo, BackendOptions, Batch, BatchScores } from '../../backend/backend.ts';
import type { Checkpoint } from '../../checkpoint/types.ts';
import type { Thread } from '../../threads/thread.ts';
import { type Loaded, type LoadQuestion, loadThread } from '../load_thread.ts';

export type ScoringQuestion = LoadQuestion | { kind: 'score'; batch: Batch };

/** `memory` is what its process has held at most, in bytes. */
export type ScoringAnswer =
  | (Loaded & { freeMemory?: number })
  | { kind: 'scored'; scores: BatchScores; seconds: number; memory: number };

/** A batch that is to be scored, and whose it is. */
export interface Errand {
  /** Its arrays may be taken away: transferred, not copied. */
  batch: Batch;
  /** Which of the model's benchmarks it is of: the first ones are done first. */
  order: number;
  /** What a sentence calls it. */
  documents: string;
}

/** A model that scores batches, wherever it is loaded. */
export interface Scorer {
  readonly info: BackendInfo;
  /** Bytes that the device has left for batches, where that is known. */
  readonly freeMemory?: number;
  /** Batches that it scores at the same time. */
  readonly width: number;
  /** Goes on after an abort. */
  score(errand: Errand): Promise<BatchScores & { seconds: number }>;
  /** Bytes that processes beside this one have held at most, together. */
  memory?(): number;
  /** No batch of it is begun any more; those that wait fail with the reason. */
  fail?(reason: unknown): void;
  close(): Promise<void>;
}

type AnswerOf<K extends ScoringAnswer['kind']> = Extract<ScoringAnswer, { kind: K }>;

/** A model in a thread of its own. Batches are scored in the order they are sent. */
export class ScoringWorker implements Scorer {
  readonly width = 1;
  readonly info: BackendInfo;
  readonly freeMemory?: number;
  /** Seconds that the backend has computed. */
  busySeconds = 0;
  readonly #thread: Thread<ScoringQuestion, ScoringAnswer>;

  private constructor(thread: Thread<ScoringQuestion, ScoringAnswer>, { info, freeMemory }: AnswerOf<'loaded'>) {
    this.#thread = thread;
    this.info = info;
    this.freeMemory = freeMemory;
  }

  /** Loads the checkpoint's weights on the backend, unless `signal` is aborted. */
  static async start(
    checkpoint: Checkpoint,
    backend: string,
    options: BackendOptions,
    signal?: AbortSignal,
  ): Promise<ScoringWorker> {
    const script = new URL('./scoring_thread.ts', import.meta.url);
    const { thread, loaded } = await loadThread<ScoringQuestion, ScoringAnswer>(
      script,
      checkpoint,
      backend,
      options,
      signal,
    );
    return new ScoringWorker(thread, loaded);
  }

  async score({ batch }: Pick<Errand, 'batch'>): Promise<BatchScores & { seconds: number }> {
    const { scores, seconds } = (await this.#thread.ask(
      { kind: 'score', batch },
      batchMemory(batch),
    )) as AnswerOf<'scored'>;
    this.busySeconds += seconds;
    return { ...scores, seconds };
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}

/** The memory of a batch's arrays. */
export function batchMemory(batch: Batch): ArrayBufferLike[] {
  return Object.values(batch).flatMap((value) => (value instanceof Int32Array ? [value.buffer] : []));
}
