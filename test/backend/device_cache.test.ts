import { expect, test } from 'vitest';
import { type Block, type DeviceMemory, deviceCaches } from '../../src/backend/device_cache.ts';

/** A memory whose only tensor is the tokens themselves, and which notes what is allocated and moved. */
function fakeMemory() {
  const alive = new Set<Block<number[][]>>();
  const noted = { gathers: 0, freedTwice: 0 };
  const blockOf = (rows: number[][], capacity: number) => {
    for (const row of rows) expect(row.length).toBeLessThanOrEqual(capacity);
    const block = { tensors: [rows], rows: rows.length, capacity };
    alive.add(block);
    return block;
  };
  const memory: DeviceMemory<number[][]> = {
    blank: () => ({ tensors: [[[]]], rows: 1, capacity: 64 }),
    async gather(sources, capacity) {
      noted.gathers++;
      return blockOf(
        sources.map(({ block, row }) => block.tensors[0][row]),
        capacity,
      );
    },
    async step({ tensors: [rows], capacity }, { ids, lengths, lastRows, columns }) {
      const next = rows.map((row, i) => {
        const count = lastRows[i] - i * columns + 1;
        return [...row.slice(0, lengths[i]), ...ids.subarray(i * columns, i * columns + count)];
      });
      return { logits: Float32Array.from(next.flat()), block: blockOf(next, capacity) };
    },
    free(block) {
      if (!alive.delete(block)) noted.freedTwice++;
    },
  };
  return { memory, alive, noted };
}

const text = (count: number, first = 0) => Array.from({ length: count }, (_, i) => first + i);

test('rows are read, continued, copied between caches and forgotten', async () => {
  const { memory, alive, noted } = fakeMemory();
  const open = deviceCaches(memory);
  const [cache, aside] = [open(), open()];
  aside.resize(1);
  expect([...(await aside.advance([[1, 2]]))]).toEqual([1, 2]);
  cache.resize(2);
  cache.copy(aside, 0, 0);
  aside.resize(0);
  aside.resize(1);
  await aside.advance([[7]]);
  cache.copy(aside, 0, 1);
  expect(cache.lengths).toEqual([2, 1]);
  expect([...(await cache.advance([[3], [8, 9]]))]).toEqual([1, 2, 3, 7, 8, 9]);
  cache.copy(cache, 1, 0);
  cache.resize(1);
  expect([...(await cache.advance([[10]]))]).toEqual([7, 8, 9, 10]);
  // One block for each cache is left.
  expect(alive.size).toBe(2);
  cache.resize(0);
  aside.resize(0);
  expect(alive.size).toBe(0);
  expect(noted.freedTwice).toBe(0);
});

test('tensors are moved where rows change or more room is needed, and not at each step', async () => {
  const { memory, alive, noted } = fakeMemory();
  const cache = deviceCaches(memory)();
  cache.resize(3);
  await cache.advance([text(10), text(4), text(1)]);
  for (let i = 0; i < 20; i++) await cache.advance([[i], [i], [i]]);
  expect(noted.gathers).toBe(1);
  for (let i = 0; i < 200; i++) await cache.advance([[i], [i], [i]]);
  expect(noted.gathers).toBeLessThanOrEqual(4);
  expect(cache.lengths).toEqual([230, 224, 221]);
  expect(alive.size).toBe(1);
});
