import { firstPosition, type LongSequences } from '../model/rotary.ts';
import type { LoadedDecoder, SequenceCache } from './backend.ts';
import { openCache } from './cache.ts';

/** A long sequence is read in parts of at most so many tokens. */
const partLength = 512;

/** Weights of a head that a part may have: what attention needs memory for grows with the part and with what is before. */
const partWeights = 2 ** 21;

/** Sequences that a model continues, by their place, from 0. */
export class Sequences {
  readonly #long?: LongSequences;
  readonly #cache: SequenceCache;
  /** One row: the sequence that was read last. */
  readonly #aside: SequenceCache;

  /** @param long Sequences whose positions are counted from elsewhere; none if left out. */
  constructor(decoder: LoadedDecoder, long?: LongSequences) {
    this.#long = long;
    this.#cache = openCache(decoder);
    this.#aside = openCache(decoder);
  }

  /** Reads a sequence from its start and keeps it aside: logits [vocabularySize] of what follows. */
  async read(tokens: readonly number[]): Promise<Float32Array> {
    this.#aside.resize(0);
    this.#aside.resize(1);
    const first = [firstPosition(this.#long, tokens.length)];
    let logits: Float32Array = new Float32Array();
    for (let start = 0; start < tokens.length; ) {
      const length = Math.min(partLength, Math.ceil(partWeights / (start + 1)));
      logits = await this.#aside.advance([tokens.slice(start, start + length)], first);
      start += length;
    }
    return logits;
  }

  /** Puts what was read last, or the sequence at `from`, at `place`: that of another one, or the first free one. */
  put(place: number, from?: number): void {
    this.#cache.resize(Math.max(this.#cache.lengths.length, place + 1));
    if (from === undefined) this.#cache.copy(this.#aside, 0, place);
    else this.#cache.copy(this.#cache, from, place);
  }

  /**
   * Adds a token to each of the first `tokens.length` sequences, and forgets those behind them: logits
   * [tokens.length, vocabularySize] of what follows. A sequence that becomes a long one has to be read anew instead.
   */
  async step(tokens: readonly number[]): Promise<Float32Array> {
    this.#cache.resize(tokens.length);
    return this.#cache.advance(
      tokens.map((token) => [token]),
      this.#cache.lengths.map((length) => firstPosition(this.#long, length + 1)),
    );
  }
}
