import { expect, test } from 'vitest';
import { Row } from '../../src/dataset/row.ts';

const row = new Row(
  { question: 'Why?', label: 2, digits: ' 3', choices: { text: ['a', 'b'], mixed: ['a', 1] }, half: 0.5, none: null },
  'data/made.jsonl, line 7',
);

test('reads fields, nested ones by dots', () => {
  expect(row.text('question')).toBe('Why?');
  expect(row.integer('label')).toBe(2);
  expect(row.integer('digits')).toBe(3);
  expect(row.texts('choices.text')).toEqual(['a', 'b']);
  expect(row.oneOf('choices.text.1', ['a', 'b', 'c'])).toBe(1);
});

test('takes null for text only where that is asked for', () => {
  expect(row.textOrNull('none')).toBe(null);
  expect(row.textOrNull('question')).toBe('Why?');
  expect(() => row.textOrNull('absent')).toThrow('expected a string in field "absent", got nothing.');
});

test('unquoted, tells file, row and field and nothing that the row holds', () => {
  const secret = new Row({ question: 'Why?', labels: ['secret'] }, 'made.jsonl, line 7').unquoted();
  const place = 'made.jsonl, line 7: expected';
  expect(() => secret.integer('question')).toThrow(`${place} an integer in field "question", got something else.`);
  expect(() => secret.oneOf('question', secret.texts('labels'))).toThrow(
    `${place} one of 1 texts in field "question", got something else.`,
  );
});

test.each([
  [() => row.text('answer'), 'expected a string in field "answer", got nothing.'],
  [() => row.text('none'), 'expected a string in field "none", got null.'],
  [() => row.text('choices'), 'expected a string in field "choices", got an object.'],
  [() => row.text('question.length'), 'expected a string in field "question.length", got nothing.'],
  [() => row.text('constructor'), 'expected a string in field "constructor", got nothing.'],
  [() => row.integer('half'), 'expected an integer in field "half", got 0.5.'],
  [() => row.integer('question'), 'expected an integer in field "question", got "Why?".'],
  [() => row.texts('question'), 'expected a list of strings in field "question", got "Why?".'],
  [() => row.texts('choices.mixed'), 'expected a string in field "choices.mixed.1", got 1.'],
  [() => row.oneOf('question', ['A', 'B']), 'expected one of "A", "B" in field "question", got "Why?".'],
])('names file, row and field: %#', (read, message) => {
  expect(read).toThrow(expect.objectContaining({ kind: 'dataset', message: `data/made.jsonl, line 7: ${message}` }));
});
