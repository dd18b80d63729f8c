import type { CacheEntry, LoadedDecoder, SequenceCache, Step } from './backend.ts';

/** Shape of what is remembered of `rows` sequences, in the layout that products with a query, and with weights, read. */
export function pastShape<D extends number | string>({ role, heads, headSize }: CacheEntry, rows: D, capacity: D) {
  return role === 'keys' ? [rows, heads, headSize, capacity] : [rows, heads, capacity, headSize];
}

/** Capacities are multiples of this, so that they rarely change. */
const granularity = 64;

/**
 * What a model remembers of the tokens of some sequences, its rows: for each entry an array of `pastShape`.
 */
export class Cache {
  readonly entries: readonly CacheEntry[];
  /** Tokens of each row. */
  #lengths: number[] = [];
  /** Tokens that a row has places for. */
  #capacity = granularity;
  /** Rows that there is memory for. */
  #allocated = 0;
  #arrays: Float32Array[];

  constructor(entries: readonly CacheEntry[]) {
    this.entries = entries;
    this.#arrays = entries.map(() => new Float32Array());
  }

  get lengths(): readonly number[] {
    return this.#lengths;
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** The arrays of the rows in use. */
  get arrays(): Float32Array[] {
    return this.#arrays.map((array, i) => array.subarray(0, this.#lengths.length * this.#rowSize(i)));
  }

  /** Forgets the rows behind the first `rows`, or adds empty ones. */
  resize(rows: number): void {
    const added = Math.max(0, rows - this.#lengths.length);
    this.#setLengths([...this.#lengths.slice(0, rows), ...new Array<number>(added).fill(0)]);
  }

  /** Row `to` becomes what row `row` of `source` is. */
  copy(source: Cache, row: number, to: number): void {
    const length = source.#lengths[row];
    this.#setLengths(this.#lengths.with(to, length));
    this.entries.forEach((entry, i) => {
      copyTokens(entry, source.#row(i, row), source.#capacity, this.#row(i, to), this.#capacity, length);
    });
  }

  /** Appends the first `counts[row]` of each row's `columns` tokens, which `fresh` has as `StepResult.fresh` does. */
  append(fresh: readonly Float32Array[], counts: readonly number[], columns: number): void {
    const before = this.#lengths;
    this.#setLengths(before.map((length, row) => length + counts[row]));
    this.entries.forEach((entry, i) => {
      const width = entry.heads * entry.headSize;
      counts.forEach((count, row) => {
        const tokens = fresh[i].subarray(row * columns * width, (row * columns + count) * width);
        writeTokens(entry, tokens, this.#row(i, row), this.#capacity, before[row]);
      });
    });
  }

  /** Makes room for the lengths, with some to grow; gives room back where most is unused. */
  #setLengths(lengths: number[]): void {
    const longest = Math.max(0, ...lengths);
    const wanted = roomFor(longest);
    const [capacity, allocated] = [this.#capacity, this.#allocated];
    const kept = Math.min(this.#lengths.length, lengths.length);
    const shortest = this.#lengths.map((length, row) => Math.min(length, lengths[row] ?? 0));
    this.#lengths = lengths;
    if (lengths.length <= allocated && longest <= capacity && capacity <= 4 * wanted) return;
    this.#capacity = wanted;
    this.#allocated = lengths.length;
    this.#arrays = this.#arrays.map((array, i) => {
      const size = array.length / Math.max(1, allocated);
      const moved = new Float32Array(this.#allocated * this.#rowSize(i));
      for (let row = 0; row < kept; row++) {
        const target = moved.subarray(row * this.#rowSize(i), (row + 1) * this.#rowSize(i));
        const source = array.subarray(row * size, (row + 1) * size);
        copyTokens(this.entries[i], source, capacity, target, wanted, shortest[row]);
      }
      return moved;
    });
  }

  /** Numbers of a row of an entry. */
  #rowSize(i: number): number {
    const { heads, headSize } = this.entries[i];
    return heads * headSize * this.#capacity;
  }

  #row(i: number, row: number): Float32Array {
    return this.#arrays[i].subarray(row * this.#rowSize(i), (row + 1) * this.#rowSize(i));
  }
}

/** Places for `length` tokens, with some to grow. */
export function roomFor(length: number): number {
  return Math.ceil((length + Math.max(granularity / 2, length / 8)) / granularity) * granularity;
}

/** The first `length` tokens of a row, where rows have room for different numbers of tokens. */
function copyTokens(
  { role, heads, headSize }: CacheEntry,
  source: Float32Array,
  sourceCapacity: number,
  target: Float32Array,
  targetCapacity: number,
  length: number,
): void {
  // Keys have a run of tokens for each element of a head, values one run of vectors for each head.
  const [runs, width] = role === 'keys' ? [heads * headSize, 1] : [heads, headSize];
  for (let run = 0; run < runs; run++) {
    const from = run * sourceCapacity * width;
    target.set(source.subarray(from, from + length * width), run * targetCapacity * width);
  }
}

/** `tokens` [count, heads·headSize] into a row, from place `at` on. */
function writeTokens(
  { role, heads, headSize }: CacheEntry,
  tokens: Float32Array,
  row: Float32Array,
  capacity: number,
  at: number,
): void {
  const width = heads * headSize;
  for (let n = 0; n * width < tokens.length; n++)
    for (let i = 0; i < width; i += headSize) {
      const vector = tokens.subarray(n * width + i, n * width + i + headSize);
      if (role === 'values') row.set(vector, i * capacity + (at + n) * headSize);
      else for (let d = 0; d < headSize; d++) row[(i + d) * capacity + at + n] = vector[d];
    }
}

/** Bytes of a token in a cache. */
export function bytesPerToken(entries: readonly CacheEntry[]): number {
  return entries.reduce((sum, { heads, headSize }) => sum + heads * headSize * Float32Array.BYTES_PER_ELEMENT, 0);
}

/** Added to the score of a token that is not seen: its exponential is 0, and no kernel makes NaN of it. */
const unseen = -1e30;

/**
 * Reads new tokens of the cache's rows, at least one each, remembers them, and gives the logits of what follows them:
 * [rows, vocabularySize].
 */
export async function advance(
  decoder: LoadedDecoder,
  cache: Cache,
  tokens: readonly (readonly number[])[],
  first?: readonly number[],
): Promise<Float32Array> {
  const step = makeStep(cache, tokens, first);
  const { logits, fresh } = await decoder.run(step);
  const counts = tokens.map(({ length }) => length);
  cache.append(fresh, counts, step.columns);
  return logits;
}

/**
 * The step that adds tokens to the rows of a cache, at least one to each.
 * @param first Where each row's positions are counted from: 0 if left out.
 */
export function makeStep(
  { lengths, capacity, arrays: past }: Pick<Cache, 'lengths' | 'capacity' | 'arrays'>,
  tokens: readonly (readonly number[])[],
  first: readonly number[] = [],
): Step {
  const { columns, ...step } = newTokens(lengths, tokens, first);
  const places = capacity + columns;
  const mask = new Float32Array(tokens.length * columns * places).fill(unseen);
  tokens.forEach((_, row) => {
    for (let column = 0; column < columns; column++) {
      const own = mask.subarray((row * columns + column) * places, (row * columns + column + 1) * places);
      own.fill(0, 0, lengths[row]);
      own.fill(0, capacity, capacity + column + 1);
    }
  });
  return { ...step, rows: tokens.length, columns, mask, lengths: Int32Array.from(lengths), capacity, past };
}

/** The new tokens of rows that have `lengths` tokens, side by side, with padding behind the shorter ones. */
export function newTokens(
  lengths: readonly number[],
  tokens: readonly (readonly number[])[],
  first: readonly number[] = [],
): Pick<Step, 'columns' | 'ids' | 'positions' | 'lastRows'> {
  const columns = Math.max(...tokens.map(({ length }) => length));
  const ids = new Int32Array(tokens.length * columns);
  for (const [row, list] of tokens.entries()) ids.set(list, row * columns);
  return {
    columns,
    ids,
    positions: ids.map((_, cell) => {
      const row = Math.floor(cell / columns);
      return (first[row] ?? 0) + lengths[row] + (cell % columns);
    }),
    lastRows: Int32Array.from(tokens, ({ length }, row) => row * columns + length - 1),
  };
}

/** The cache of a decoder: on its device, or in memory. */
export function openCache(decoder: LoadedDecoder): SequenceCache {
  return decoder.openCache?.() ?? new HostCache(decoder);
}

class HostCache implements SequenceCache {
  readonly #decoder: LoadedDecoder;
  readonly #cache: Cache;

  constructor(decoder: LoadedDecoder) {
    this.#decoder = decoder;
    this.#cache = new Cache(decoder.entries);
  }

  get lengths(): readonly number[] {
    return this.#cache.lengths;
  }

  resize(rows: number): void {
    this.#cache.resize(rows);
  }

  copy(source: HostCache, row: number, to: number): void {
    this.#cache.copy(source.#cache, row, to);
  }

  advance(tokens: readonly (readonly number[])[], first?: readonly number[]): Promise<Float32Array> {
    return advance(this.#decoder, this.#cache, tokens, first);
  }
}
