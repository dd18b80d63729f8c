import type { BackendInfo, BackendOptions } from '../../backend/backend.ts';
import type { Tokenizer } from '../../checkpoint/tokenizer/tokenizer.ts';
import type { Checkpoint } from '../../checkpoint/types.ts';
import { describeModel } from '../../model/index.ts';
import type { LongSequences } from '../../model/rotary.ts';
import type { Thread } from '../../threads/thread.ts';
import { type Loaded, type LoadQuestion, loadThread } from '../load_thread.ts';
import type { GeneratingModel } from './generate.ts';

export type GenerationQuestion =
  | LoadQuestion
  | { kind: 'read'; tokens: readonly number[] }
  | { kind: 'put'; place: number; from?: number }
  | { kind: 'step'; tokens: readonly number[] };

export type GenerationAnswer =
  | (Loaded & { bytesPerToken: number })
  | { kind: 'logits'; logits: Float32Array; seconds: number }
  | { kind: 'put' };

/** Part of the memory that is free once the model is loaded that caches may take: they are copied when they grow. */
const usableMemory = 0.4;

/** A model that continues sequences, in a thread of its own. */
export class GenerationWorker implements GeneratingModel {
  readonly info: BackendInfo;
  readonly contextLength: number;
  readonly long?: LongSequences;
  readonly cacheTokens: number;
  /** Seconds that the backend has computed. */
  busySeconds = 0;
  readonly #vocabularySize: number;
  readonly #tokenizer: Pick<Tokenizer, 'decode'>;
  readonly #thread: Thread<GenerationQuestion, GenerationAnswer>;

  private constructor(
    thread: Thread<GenerationQuestion, GenerationAnswer>,
    { config }: Checkpoint,
    tokenizer: Pick<Tokenizer, 'decode'>,
    { info, bytesPerToken }: Extract<GenerationAnswer, { kind: 'loaded' }>,
  ) {
    const { contextLength, vocabularySize, long } = describeModel(config);
    this.#thread = thread;
    this.#tokenizer = tokenizer;
    this.#vocabularySize = vocabularySize;
    this.info = info;
    this.contextLength = contextLength;
    this.long = long;
    this.cacheTokens = Math.floor((process.availableMemory() * usableMemory) / bytesPerToken);
  }

  /** Loads the checkpoint's weights on the backend, unless `signal` is aborted. */
  static async start(
    checkpoint: Checkpoint,
    tokenizer: Pick<Tokenizer, 'decode'>,
    backend: string,
    options: BackendOptions,
    signal?: AbortSignal,
  ): Promise<GenerationWorker> {
    const { thread, loaded } = await loadThread<GenerationQuestion, GenerationAnswer>(
      new URL('./generation_thread.ts', import.meta.url),
      checkpoint,
      backend,
      options,
      signal,
    );
    return new GenerationWorker(thread, checkpoint, tokenizer, loaded);
  }

  decode(tokens: number[]): string {
    return this.#tokenizer.decode(tokens, { skipSpecialTokens: true });
  }

  async read(tokens: readonly number[]): Promise<Float32Array> {
    return this.#logits({ kind: 'read', tokens });
  }

  async put(place: number, from?: number): Promise<void> {
    await this.#thread.ask({ kind: 'put', place, from });
  }

  async step(tokens: readonly number[]): Promise<Float32Array[]> {
    const logits = await this.#logits({ kind: 'step', tokens });
    const size = this.#vocabularySize;
    return tokens.map((_, i) => logits.subarray(i * size, (i + 1) * size));
  }

  async #logits(question: GenerationQuestion): Promise<Float32Array> {
    const answer = await this.#thread.ask(question);
    if (answer.kind !== 'logits') throw new Error(`${answer.kind} for an answer to ${question.kind}`);
    this.busySeconds += answer.seconds;
    return answer.logits;
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}
