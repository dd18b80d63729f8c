import { expect, test } from 'vitest';
import { choiceShuffle } from '../../../src/harness/task/choice_order.ts';
import { PythonRandom } from '../../../src/python/random.ts';

const items = [0, 1, 2, 3];

test("lm-eval's order is what random.seed(0) and random.shuffle give in CPython, one question after the other", () => {
  const shuffle = choiceShuffle('lm-eval');
  const orders = Array.from({ length: 304 }, () => shuffle(items, 'any question'));
  expect(orders.slice(0, 3)).toEqual([
    [2, 0, 1, 3],
    [0, 1, 3, 2],
    [0, 2, 1, 3],
  ]);
  expect(orders[303]).toEqual([2, 1, 0, 3]);
  expect(items).toEqual([0, 1, 2, 3]);
});

test('the usual order depends on the question and on nothing else', () => {
  const questions = Array.from({ length: 200 }, (_, i) => `Question ${i}?`);
  const shuffle = choiceShuffle('question');
  const orders = new Map(questions.map((question) => [question, shuffle(items, question)]));
  for (const question of questions.toReversed()) {
    expect(choiceShuffle('question')(items, question)).toEqual(orders.get(question));
  }
  // Seeded with the first four bytes of the question's sha256, little-endian: in CPython [0, 1, 3, 2].
  expect(shuffle(items, 'Why?')).toEqual([0, 1, 3, 2]);
  // 200 draws of 24 orders: each of the four places has the last item about 50 times.
  const places = [...orders.values()].map((order) => order.indexOf(3));
  for (const place of items) expect(Math.abs(places.filter((p) => p === place).length - 50)).toBeLessThan(25);
});

test('a seed has all of its 32 bits', () => {
  expect(new PythonRandom(2 ** 32 - 1).shuffle([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])).toEqual([0, 7, 1, 5, 2, 6, 4, 8, 3, 9]);
});
