import { describe, expect, test } from 'vitest';
import { Row } from '../../src/dataset/row.ts';
import { documentMaker } from '../../src/harness/task/ask.ts';
import { selectTasks } from '../../src/harness/task/registry.ts';
import type { Document } from '../../src/harness/task/task.ts';
import type { JsonObject } from '../../src/json.ts';

async function ask(name: string, json: JsonObject): Promise<Document> {
  const [task] = await selectTasks([name]);
  return documentMaker(task!)(new Row(json, `${name}.jsonl, line 1`), 0);
}

const arcRow = { question: 'Which floats?', choices: { text: ['cork', 'iron'], label: ['1', '2'] }, answerKey: '1' };

test('arc takes labels of either kind', async () => {
  const { context, choices, gold } = await ask('arc_easy', arcRow);
  expect({ context, choices, gold }).toEqual({
    context: 'Question: Which floats?\nAnswer:',
    choices: ['cork', 'iron'],
    gold: 0,
  });
});

test('hellaswag strips before it removes brackets, and capitalizes as Python does', async () => {
  const { context, choices, gold, doc } = await ask('hellaswag', {
    activity_label: ' Phones',
    ctx_a: 'Find a cable. [title] Check it.',
    ctx_b: 'iPhone USA  [step]cables',
    endings: ['[ad] Plug it in. ', 'Wait.'],
    label: '1',
  });
  expect(context).toBe('Phones: Find a cable.. Check it. Iphone usa cables');
  expect(choices).toEqual([' Plug it in.', 'Wait.']);
  expect(gold).toBe(1);
  expect(Object.keys(doc).slice(-3)).toEqual(['query', 'choices', 'gold']);
});

test('logiqa lists its options in the context', async () => {
  const row = { context: 'All a are b.', question: 'So?', options: ['w', 'x', 'y', 'z'], label: 'c\n' };
  const { context, gold } = await ask('logiqa', row);
  expect(context).toBe('Passage: All a are b.\nQuestion: So?\nChoices:\nA. w\nB. x\nC. y\nD. z\nAnswer:');
  expect(gold).toBe(2);
});

test('piqa', async () => {
  const { context, choices, gold } = await ask('piqa', {
    goal: 'carry soup',
    sol1: 'a bowl',
    sol2: 'a sieve',
    label: 0,
  });
  expect({ context, choices, gold }).toEqual({
    context: 'Question: carry soup\nAnswer:',
    choices: ['a bowl', 'a sieve'],
    gold: 0,
  });
});

test('sciq puts the right answer last and keeps the line of an empty passage', async () => {
  const row = { question: 'What falls?', correct_answer: 'd', distractor1: 'a', distractor2: 'b', distractor3: 'c' };
  expect(await ask('sciq', { ...row, support: '' })).toMatchObject({
    context: '\nQuestion: What falls?\nAnswer:',
    choices: ['a', 'b', 'c', 'd'],
    gold: 3,
  });
  expect((await ask('sciq', { ...row, support: ' \x1c\x85A passage. ' })).context).toBe(
    'A passage. \nQuestion: What falls?\nAnswer:',
  );
});

test('multihop gives its facts before the question', async () => {
  const row = { facts: ['a to b.', 'b to c.'], question: 'From a?', choices: ['c', 'b', 'd', 'e'], answer: 0 };
  expect(await ask('multihop_2', row)).toMatchObject({ context: 'a to b. b to c. From a?', gold: 0 });
});

describe('a malformed row is named with its field', () => {
  test.each<[string, JsonObject, string]>([
    ['arc_easy', { ...arcRow, answerKey: 'C' }, 'expected one of "1", "2" in field "answerKey", got "C".'],
    [
      'arc_challenge',
      { ...arcRow, choices: ['a'] },
      'expected a list of strings in field "choices.text", got nothing.',
    ],
    ['piqa', { goal: 'g', sol1: 'x', sol2: 'y', label: -1 }, 'expected the right choice to be one of 0 to 1, got -1.'],
    ['piqa', { goal: 'g', sol1: 'x', sol2: null, label: 1 }, 'expected a string in field "sol2", got null.'],
    [
      'logiqa',
      { context: 'c', question: 'q', options: ['x', 'y'], label: 'd' },
      'expected the right choice to be one of 0 to 1, got 3.',
    ],
    [
      'hellaswag',
      { activity_label: 'a', ctx_a: 'b', ctx_b: 'c', endings: [], label: '0' },
      'expected at least one choice, got none.',
    ],
    [
      'hellaswag',
      { activity_label: 'a', ctx_a: 'b', ctx_b: 'c', endings: ['x'], label: '' },
      'expected an integer in field "label", got "".',
    ],
  ])('%s: %#', async (name, row, message) => {
    await expect(ask(name, row)).rejects.toMatchObject({
      kind: 'dataset',
      message: `${name}.jsonl, line 1: ${message}`,
    });
  });
});
