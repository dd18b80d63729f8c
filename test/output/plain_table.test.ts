import { describe, expect, test } from 'vitest';
import { plainTable } from '../../src/output/plain_table.ts';
import { wrapWords } from '../../src/output/wrap.ts';

const head = ['task', 'what it is about', 'rows'];
const rows = [
  ['piqa', 'everyday physics, two solutions each', '1838'],
  ['sciq', 'science exams', '1000'],
];

describe('a plain table', () => {
  test('has a line a row where there is room', () => {
    expect(plainTable(head, rows, 2, 80).split('\n')).toEqual([
      'task  what it is about                      rows',
      '────────────────────────────────────────────────',
      'piqa  everyday physics, two solutions each  1838',
      'sciq  science exams                         1000',
    ]);
  });

  test('wraps texts between words where there is little', () => {
    expect(plainTable(head, rows, 2, 30).split('\n')).toEqual([
      'task  what it is about    rows',
      '──────────────────────────────',
      'piqa  everyday physics,   1838',
      '      two solutions each',
      'sciq  science exams       1000',
    ]);
  });

  test('sets a row as a block where there is less', () => {
    expect(plainTable(head, rows, 2, 20).split('\n').slice(0, 7)).toEqual([
      'task              piqa',
      'what it is about  everyday',
      '                  physics,',
      '                  two',
      '                  solutions',
      '                  each',
      'rows              1838',
    ]);
  });

  test('never cuts a word', () => {
    for (let width = 1; width < 60; width++)
      for (const word of rows.flat().flatMap((text) => text.split(' ')))
        expect(plainTable(head, rows, 2, width)).toContain(word);
  });
});

test('a text wraps between words', () => {
  expect(wrapWords('one two three', 7)).toEqual(['one two', 'three']);
  expect(wrapWords('incomprehensible is', 4)).toEqual(['incomprehensible', 'is']);
  expect(wrapWords('', 4)).toEqual(['']);
});
