import type { OpenModel } from '../open_run.ts';
import type { AskedDocument } from './encode.ts';
import type { Prepared } from './prepare_batches.ts';
import type { PreparePool } from './prepare_pool.ts';
import { prepareOptions } from './prepared.ts';

/** Bytes of batches that are kept, at most: those of the paper's six benchmarks have some 100 MiB. */
const mostBytes = 2 ** 29;

/**
 * Batches of documents that one checkpoint after another is asked: those with the same tokenizer and window get the same
 * ones, so that texts are encoded and packed once.
 */
export class PreparedStore {
  readonly #kept = new Map<string, Promise<Prepared | undefined>>();
  readonly #isShared: boolean;
  #bytes = 0;

  /** @param isShared Whether there are several checkpoints: for one alone, nothing is kept. */
  constructor(isShared: boolean) {
    this.#isShared = isShared;
  }

  /** Whether nothing is there for another checkpoint. */
  get isEmpty(): boolean {
    return this.#kept.size === 0;
  }

  /** What `pool` makes of the documents, or made of them for an earlier model. */
  async prepare(
    task: string,
    documents: readonly AskedDocument[],
    batchTokens: number,
    { tokenizer, config, pool, tokens }: OpenModel & { pool: PreparePool; tokens: boolean },
  ): Promise<Prepared> {
    const options = prepareOptions(config, batchTokens, tokens);
    const key = JSON.stringify([
      task,
      documents[0].place,
      documents[0].requests[0],
      documents.length,
      tokenizer.key,
      options,
    ]);
    // Another model's may be under way; where that fails, this one's may not.
    const kept = await this.#kept.get(key);
    // Scoring takes the arrays of a batch away.
    if (kept) return { ...structuredClone(kept), seconds: { tokenize: 0, pack: 0 } };
    const making = pool.prepare(documents, options);
    if (this.#isShared && this.#bytes < mostBytes) this.#kept.set(key, this.#keep(making));
    return making;
  }

  async #keep(making: Promise<Prepared>): Promise<Prepared | undefined> {
    try {
      const kept = structuredClone(await making);
      this.#bytes += bytesOf(kept);
      return kept;
    } catch {
      return undefined;
    }
  }
}

function bytesOf({ batches }: Prepared): number {
  const arrays = batches.flatMap(({ batch }) => Object.values(batch)).filter((value) => value instanceof Int32Array);
  return arrays.reduce((total, { byteLength }) => total + byteLength, 0);
}
