import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { Row, rowList } from '../src/dataset/row.ts';
import { LongList, MadeList } from '../src/long_list.ts';

/** More than are held in memory. */
const count = 10_000;
const items = Array.from({ length: count }, (_, i) => ({ i, text: `é${i}`, none: undefined }));

test.each([
  ['kept on disk', LongList.from(items, (item) => item)],
  ['made when asked for', new MadeList(count, (i) => items[i])],
])('a list whose items are %s has what an array has', (_, list) => {
  expect(list.length).toBe(count);
  expect([...list]).toEqual(items);
  for (const index of [-1, 0, 255, 256, 9_999, 3, count]) expect(list.at(index)).toEqual(items[Math.max(index, -1)]);
  for (const [start, end] of [
    [0, 0],
    [250, 260],
    [9_990, 20_000],
  ])
    expect(list.slice(start, end)).toEqual(items.slice(start, end));
  expect(list.map(({ i }, index) => i - index)).toEqual(items.map(() => 0));
  expect(list.flatMap(({ i }) => (i % 2 ? [i, i] : []))).toEqual(items.flatMap(({ i }) => (i % 2 ? [i, i] : [])));
  expect(list.filter(({ i }) => i % 999 === 0)).toEqual(items.filter(({ i }) => i % 999 === 0));
  expect(list.reduce((sum, { i }) => sum + i, 0)).toBe((count * (count - 1)) / 2);
  expect([list.some(({ i }) => i === 9_998), list.some(({ i }) => i < 0)]).toEqual([true, false]);
});

test('rows come back as rows, whose errors name their place', () => {
  const rows = rowList();
  for (const { i, text } of items) rows.push(new Row({ i, text }, `file, line ${i + 1}`));
  expect(rows.at(9_000)!.text('text')).toBe('é9000');
  expect(() => rows.at(9_000)!.text('i')).toThrow('file, line 9001');
});

test('a list of ten times the items takes no more memory', () => {
  setFlagsFromString('--expose-gc');
  const gc: () => void = runInNewContext('gc');
  // Buffers go in the second one.
  const collect = () => [gc(), gc()];
  const held = (length: number) => {
    collect();
    const before = process.memoryUsage().heapUsed;
    const list = new LongList<{ text: string }>();
    for (let i = 0; i < length; i++) list.push({ text: `item ${i}` });
    collect();
    const bytes = process.memoryUsage().heapUsed - before;
    expect(list.at(length - 1)).toEqual({ text: `item ${length - 1}` });
    return bytes;
  };
  held(count);
  expect(held(10 * count)).toBeLessThan(held(count) + 200_000);
});
