import { expect, test } from 'vitest';
import { Row } from '../../../src/dataset/row.ts';
import { documentMaker } from '../../../src/harness/task/ask.ts';
import { checkTask } from '../../../src/harness/task/shape.ts';
import type { Task } from '../../../src/harness/task/task.ts';

const toy: Task = {
  ...{ name: 'mine', title: 'Mine', version: 1, groups: [], metrics: ['acc'], headline: 'acc' },
  question: () => ({ context: 'a', choices: ['b', 'c'], gold: 0 }),
};
const rows = [new Row({ a: 1 }, 'mine.jsonl, line 1')];
const right = { context: 'a', choices: ['b', 'c'], gold: 0 };
const cyclic: Record<string, unknown> = {};
cyclic.c = cyclic;

test.each<[string, unknown, string]>([
  ['a promise', Promise.resolve({}), 'context: '],
  ['nothing', undefined, 'question: expected an object, got nothing'],
  ['null', null, 'question: expected an object, got null'],
  ['a number for a context', { ...right, context: 5 }, 'context: '],
  ['no choices', { context: 'a', gold: 0 }, 'choices: '],
  ['a text for choices', { ...right, choices: 'bcd' }, 'choices: '],
  ['a number for a choice', { ...right, choices: ['b', 7] }, 'choices.1: '],
  ['a text for an index', { ...right, gold: '0' }, 'gold: '],
  ['a number for a target', { ...right, target: 5 }, 'target: '],
  ['a number for a category', { ...right, categories: { level: 5 } }, 'categories.level: '],
  ['a function as a column', { ...right, derived: { f() {} } }, 'derived.f: '],
  ['a date as a column', { ...right, derived: { d: new Date() } }, 'derived.d: '],
  ['a column that holds itself', { ...right, derived: cyclic }, 'derived.c: '],
  ['too few labels', { ...right, labels: ['x'] }, 'expected 2 labels for as many choices, got 1'],
])('%s is refused by its name', (_, made, message) => {
  expect(() => rows.map(documentMaker({ ...toy, question: () => made as never }))).toThrow(
    expect.objectContaining({
      kind: 'dataset',
      message: expect.stringMatching(new RegExp(`^mine\\.jsonl, line 1: .*${message}`)),
    }),
  );
});

test('what is no part of a question is left out', () => {
  const [made] = rows.map(documentMaker({ ...toy, question: () => ({ ...right, other: 1 }) }));
  expect(made).not.toHaveProperty('other');
});

test.each<[string, Partial<Record<keyof Task, unknown>>, string]>([
  ['a name that is a folder', { name: '..' }, 'name: expected a name of letters'],
  ['a control character', { title: '\u001b[31mx' }, 'title: expected a text without control characters'],
  ['a group that is a path', { groups: ['../g'] }, 'groups.0: expected a name of letters'],
  ['a version that is no number', { version: Number.NaN }, 'version: '],
  ['a metric named twice', { metrics: ['acc', 'acc'] }, 'metrics: names a metric twice'],
  ['a headline that is none of its metrics', { headline: 'mrr' }, 'headline: expected one of its metrics'],
])('%s is refused', (_, field, message) => {
  expect(() => checkTask({ ...toy, ...field }, 'mine.mjs')).toThrow(
    expect.objectContaining({ kind: 'usage', message: expect.stringContaining(message) }),
  );
});
