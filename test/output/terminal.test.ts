import { expect, it } from 'vitest';
import { plainText } from '../../src/output/plain_text.ts';
import { hasStyle } from '../../src/output/terminal.ts';

it.each([
  [true, {}, true],
  [false, {}, false],
  [undefined, {}, false],
  [true, { NO_COLOR: '1' }, false],
  [true, { NO_COLOR: '' }, true],
  [true, { TERM: 'dumb' }, false],
  [false, { FORCE_COLOR: '1' }, true],
  [true, { FORCE_COLOR: '0' }, false],
  [true, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
])('a stream with isTTY %s under %j has style: %s', (isTTY, environment, expected) => {
  expect(hasStyle({ isTTY }, environment)).toBe(expected);
});

it.each([
  ['a模 é🟥', 'a模 é🟥'],
  ['\u001b[1;31mred\u001b[0m', 'red'],
  ['\u001b]8;;http://x\u0007link\u001b]8;;\u0007', 'link'],
  ['one\r\ntwo\tthree', 'one two three'],
  ['a\u0000\u0008\u009bb\u202e\u2066c', 'abc'],
])('plainText of %j is %j', (text, expected) => {
  expect(plainText(text)).toBe(expected);
});
