import { expect, test } from 'vitest';
import { fitted } from '../../src/output/wrap.ts';

test('long lines are broken between words, as far indented, and the others stay', () => {
  const text = 'one two three four\n  five six seven eight\nnine';
  expect(fitted(text, 13)).toBe('one two three\nfour\n  five six\n  seven eight\nnine');
});

test('what is no terminal gets the lines as they are', () => {
  const text = 'word '.repeat(100);
  expect(fitted(text, Number.POSITIVE_INFINITY)).toBe(text);
});
