import { expect, test } from 'vitest';
import type { CacheEntry } from '../../src/backend/backend.ts';
import { bytesPerToken, Cache, makeStep } from '../../src/backend/cache.ts';

const entries: CacheEntry[] = [
  { role: 'keys', heads: 2, headSize: 3 },
  { role: 'values', heads: 1, headSize: 2 },
];

/** A number that tells everything of where it belongs. */
const mark = (entry: number, sequence: number, place: number, i: number) =>
  entry * 1e6 + sequence * 1e5 + place * 10 + i;

/** What a model would give for `counts[row]` new tokens of sequence `row`, which has `lengths[row]` earlier ones. */
function fresh(lengths: readonly number[], counts: readonly number[], columns: number): Float32Array[] {
  return entries.map(({ heads, headSize }, entry) => {
    const width = heads * headSize;
    const values = new Float32Array(counts.length * columns * width).fill(Number.NaN);
    counts.forEach((count, row) => {
      for (let n = 0; n < count; n++)
        for (let i = 0; i < width; i++) values[(row * columns + n) * width + i] = mark(entry, row, lengths[row] + n, i);
    });
    return values;
  });
}

/** Rows of the cache hold these sequences, of these lengths. */
function expectRows(cache: Cache, rows: readonly [sequence: number, length: number][]): void {
  expect(cache.lengths).toEqual(rows.map(([, length]) => length));
  const { capacity } = cache;
  entries.forEach(({ role, heads, headSize }, entry) => {
    const array = cache.arrays[entry];
    expect(array.length).toBe(rows.length * heads * headSize * capacity);
    rows.forEach(([sequence, length], row) => {
      for (let place = 0; place < length; place++)
        for (let i = 0; i < heads * headSize; i++) {
          const [head, d] = [Math.floor(i / headSize), i % headSize];
          const inHead = role === 'keys' ? d * capacity + place : place * headSize + d;
          const found = array[(row * heads + head) * headSize * capacity + inHead];
          if (found !== mark(entry, sequence, place, i)) expect(found).toBe(mark(entry, sequence, place, i));
        }
    });
  });
}

/** Three sequences of the lengths, read at once. */
function filled(...lengths: number[]): Cache {
  const cache = new Cache(entries);
  cache.resize(lengths.length);
  const columns = Math.max(...lengths);
  const none = lengths.map(() => 0);
  cache.append(fresh(none, lengths, columns), lengths, columns);
  return cache;
}

test('appends to every row, and keeps what it has when it grows', () => {
  const cache = filled(3, 1, 5);
  expectRows(cache, [
    [0, 3],
    [1, 1],
    [2, 5],
  ]);
  const before = cache.capacity;
  cache.append(fresh([3, 1, 5], [100, 2, 70], 100), [100, 2, 70], 100);
  expect(cache.capacity).toBeGreaterThan(before);
  expectRows(cache, [
    [0, 103],
    [1, 3],
    [2, 75],
  ]);
});

test('copies rows within a cache and from one of another capacity', () => {
  const cache = filled(3, 1, 5);
  cache.copy(cache, 2, 0);
  expectRows(cache, [
    [2, 5],
    [1, 1],
    [2, 5],
  ]);
  const long = filled(1, 400);
  cache.copy(long, 1, 2);
  expectRows(cache, [
    [2, 5],
    [1, 1],
    [1, 400],
  ]);
});

test('forgets rows, adds empty ones, and gives back room that nothing needs', () => {
  const cache = filled(2, 3, 900);
  const large = cache.capacity;
  cache.resize(2);
  expect(cache.capacity).toBeLessThan(large / 4);
  expectRows(cache, [
    [0, 2],
    [1, 3],
  ]);
  cache.resize(4);
  expectRows(cache, [
    [0, 2],
    [1, 3],
    [2, 0],
    [3, 0],
  ]);
});

test('counts the bytes of a token', () => {
  expect(bytesPerToken(entries)).toBe((6 + 2) * 4);
});

test('a step says which places and which new tokens each token sees', () => {
  const { ids, positions, lastRows, mask, columns } = makeStep({ lengths: [1, 0], capacity: 2, arrays: [] }, [
    [7, 8],
    [9],
  ]);
  expect(columns).toBe(2);
  expect([...ids]).toEqual([7, 8, 9, 0]);
  expect([...positions]).toEqual([1, 2, 0, 1]);
  expect([...lastRows]).toEqual([1, 2]);
  const seen = Array.from({ length: 4 }, (_, cell) =>
    [...mask.subarray(cell * 4, cell * 4 + 4)].map((m) => Number(m === 0)),
  );
  expect(seen).toEqual([
    [1, 0, 1, 0],
    [1, 0, 1, 1],
    [0, 0, 1, 0],
    [0, 0, 1, 1],
  ]);
});

test('gives the room of rows that have gone back when it grows', () => {
  const cache = filled(...new Array<number>(16).fill(3));
  cache.resize(1);
  expect(cache.arrays[0].buffer.byteLength).toBeGreaterThanOrEqual(16 * cache.arrays[0].byteLength);
  cache.append(fresh([3], [200], 200), [200], 200);
  expectRows(cache, [[0, 203]]);
  expect(cache.arrays[0].buffer.byteLength).toBe(cache.arrays[0].byteLength);
});
