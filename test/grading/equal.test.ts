import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { compareMath } from '../../src/grading/equal.ts';
import { needsShared, shared } from '../shared.ts';
import { pairs } from './pairs/index.ts';

describe.each(Object.entries(pairs))('%s', (_, { same, different }) => {
  test.each(same)('%s is %s', (gold, answer) => {
    expect(compareMath(gold, answer)).toMatchObject({ correct: true, outcome: 'graded' });
  });
  test.each(different)('%s is not %s', (gold, answer) => {
    expect(compareMath(gold, answer).correct).toBe(false);
  });
});

test('every answer is itself', () => {
  for (const [gold] of Object.values(pairs).flatMap(({ same, different }) => [...same, ...different])) {
    expect(compareMath(gold, gold)).toEqual({ correct: true, outcome: 'graded' });
  }
});

test('what was concluded about a name is forgotten', () => {
  compareMath('1', 'q_1(y+1)');
  compareMath('5', 'b := 5');
  expect(compareMath('b', '5').correct).toBe(false);
  expect(compareMath('q_1^{-1} + 1', String.raw`1 + \frac{1}{q_1}`).correct).toBe(true);
});

describe('what cannot be understood', () => {
  test.each(['', '?', String.raw`\frac{1}{`, '3 +', '((', String.raw`\frac{1}{0}`, '^^2', String.raw`\%`])(
    'the answer %s',
    (answer) => expect(compareMath('5', answer)).toEqual({ correct: false, outcome: 'unparsed' }),
  );
  test('a right answer is still compared as text', () => {
    const gold = String.raw`\frac{1}{ 0}`;
    expect(compareMath(gold, String.raw`\frac{1}{0}`)).toEqual({ correct: true, outcome: 'graded' });
    expect(compareMath(gold, '5')).toEqual({ correct: false, outcome: 'gold_unparsed' });
    expect(compareMath('', '')).toEqual({ correct: false, outcome: 'gold_unparsed' });
  });
  test('long and deep answers', () => {
    const deep = (open: string, close: string, depth: number) => open.repeat(depth) + 5 + close.repeat(depth);
    expect(compareMath('5', deep('(', ')', 10))).toEqual({ correct: true, outcome: 'graded' });
    expect(compareMath('5', deep('(', ')', 900)).outcome).toBe('unparsed');
    expect(compareMath('5', deep('{', '}', 900)).correct).toBe(true);
    expect(compareMath('5', deep('{', '}', 10_000)).outcome).toBe('unparsed');
    expect(compareMath(deep('{', '}', 10_000), '5').outcome).toBe('gold_unparsed');
    expect(compareMath('6', deep('1-(', ')', 10_000)).correct).toBe(false);
  });
});

test("MATH-500's answers are themselves, however they are written", (context) => {
  needsShared(context, 'data/math_500.jsonl');
  const rows = readFileSync(shared('data/math_500.jsonl'), 'utf8').trim().split('\n');
  for (const gold of rows.map((row) => JSON.parse(row).answer as string)) {
    const ways = [gold, ` ${gold} `, `{${gold}}`, `\\displaystyle ${gold}.`, gold.replace(/\\frac/g, '\\dfrac')];
    for (const answer of [...ways, gold.replace(/([([])/g, '\\left$1').replace(/([)\]])/g, '\\right$1')]) {
      expect(compareMath(gold, answer), answer).toEqual({ correct: true, outcome: 'graded' });
    }
    expect(compareMath(gold, `${gold} + 1`), gold).toMatchObject({ correct: false });
  }
});
