import { expect, test } from 'vitest';
import { PythonRandom } from '../../src/python/random.ts';

// `random.Random(1234).sample(range(n), k)`, twice in a row.
test.each([
  [3, 2],
  [100, 5],
  [100, 6],
  [2000, 6],
])('draws samples of %i as CPython does', (size, count) => {
  const random = new PythonRandom(1234);
  const range = Array.from({ length: size }, (_, i) => i);
  expect([random.sample(range, count), random.sample(range, count)]).toEqual(expected[`${size},${count}`]);
});

const expected: Record<string, number[][]> = {
  '3,2': [
    [1, 0],
    [0, 2],
  ],
  '100,5': [
    [99, 56, 14, 0, 11],
    [74, 4, 85, 88, 10],
  ],
  '100,6': [
    [99, 56, 14, 0, 11, 74],
    [4, 85, 88, 10, 12, 98],
  ],
  '2000,6': [
    [1979, 1593, 902, 239, 15, 185],
    [1865, 1930, 1923, 1652, 1192, 71],
  ],
};
