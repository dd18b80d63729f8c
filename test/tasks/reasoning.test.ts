import { describe, expect, test } from 'vitest';
import { loadRows } from '../../src/dataset/read.ts';
import { Row } from '../../src/dataset/row.ts';
import { documentMaker } from '../../src/harness/task/ask.ts';
import { selectTasks } from '../../src/harness/task/registry.ts';
import type { Document } from '../../src/harness/task/task.ts';
import type { JsonObject } from '../../src/json.ts';
import { needsShared, shared } from '../shared.ts';

async function ask(name: string, rows: JsonObject[], order: 'question' | 'lm-eval' = 'question'): Promise<Document[]> {
  const [task] = await selectTasks([name]);
  const read = rows.map((json, i) => new Row(json, `${name}.jsonl, line ${i + 1}`));
  return read.map(documentMaker(task, { order }));
}

async function real(name: string): Promise<Document[]> {
  const [task] = await selectTasks([name]);
  return (await loadRows(task, { data: shared('data') })).rows.map(documentMaker(task));
}

describe('gpqa', () => {
  const row = {
    Question: 'Which of these floats? ',
    'Correct Answer': ' cork [title]\n',
    'Incorrect Answer 1': 'an  iron   bar',
    'Incorrect Answer 2': null,
    'Incorrect Answer 3': 'lead\x1c',
  };

  test("asks in lm-evaluation-harness's words, with its order", async () => {
    const [first, second] = await ask('gpqa_diamond', [row, row], 'lm-eval');
    expect(first.context).toBe(
      'What is the correct answer to this question:Which of these floats? \nChoices:\n' +
        '(A) lead\n(B) an iron  bar\n(C)  \n(D) cork. \nAnswer:',
    );
    expect(first).toMatchObject({ choices: ['(A)', '(B)', '(C)', '(D)'], gold: 3, target: '(D)' });
    expect(second.doc).toMatchObject({ choice1: 'an iron  bar', choice2: ' ', choice3: 'cork. ', answer: '(C)' });
  });

  test('has an order of its own that no other row and no other subset moves', async () => {
    const other = { ...row, Question: 'Which of these sinks?' };
    const [alone] = await ask('gpqa_diamond', [row]);
    const [, after] = await ask('gpqa_extended', [other, row]);
    expect(after.context).toBe(alone.context);
  });

  test('takes the first of equal options for the right one, as lm-evaluation-harness does', async () => {
    const same = { ...row, 'Incorrect Answer 3': 'cork [title]' };
    const [{ gold }] = await ask('gpqa_main', [same], 'lm-eval');
    expect(gold).toBe(0);
  });

  test.each([
    [{ ...row, Question: 5 }, 'expected a string in field "Question", got something else.'],
    [{ Question: 'Secret?' }, 'expected a string in field "Correct Answer", got something else.'],
    [
      { ...row, 'Incorrect Answer 2': ['secret'] },
      'expected a string in field "Incorrect Answer 2", got something else.',
    ],
  ])('tells nothing of a malformed row but its place and field: %#', async (bad, message) => {
    await expect(ask('gpqa_diamond', [bad])).rejects.toMatchObject({
      kind: 'dataset',
      message: `gpqa_diamond.jsonl, line 1: ${message}`,
    });
  });
});

describe('aime24', () => {
  test('asks about every answer there is, in three digits', async () => {
    const [asked] = await ask('aime24', [{ problem: 'What is 5²?', answer: '025' }]);
    expect(asked.context).toBe('Question: What is 5²?\nAnswer (an integer from 000 to 999, in three digits):');
    expect(asked.choices).toHaveLength(1000);
    expect([asked.choices[0], asked.choices[7], asked.choices[999]]).toEqual(['000', '007', '999']);
    expect(asked.choices[asked.gold]).toBe('025');
    expect((await ask('aime24', [{ problem: 'p', answer: 204 }]))[0].gold).toBe(204);
  });

  test.each([
    ['1000', 'expected an integer from 0 to 999 in field "answer", got "1000".'],
    [-1, 'expected an integer from 0 to 999 in field "answer", got -1.'],
    ['2/3', 'expected an integer in field "answer", got "2/3".'],
  ])('refuses the answer %j', async (answer, message) => {
    await expect(ask('aime24', [{ problem: 'p', answer }])).rejects.toThrow(message);
  });

  test('takes all real rows', async (context) => {
    needsShared(context, 'data/aime24.jsonl');
    const asked = await real('aime24');
    expect(asked).toHaveLength(30);
    for (const { doc, choices, gold } of asked) expect(Number(choices[gold])).toBe(Number(doc.answer));
  });
});

describe('math_500', () => {
  const row = { problem: 'What is $3^2$?', solution: 'We multiply: $\\boxed{9}$.', answer: '9' };

  test('scores the answer and the solution right after the problem', async () => {
    const [asked] = await ask('math_500', [row]);
    expect(asked).toMatchObject({
      context: 'Problem: What is $3^2$?\nAnswer:',
      choices: ['9', 'We multiply: $\\boxed{9}$.'],
      labels: ['answer', 'solution'],
      categories: {},
    });
  });

  test('knows subject and level where the row has them', async () => {
    const [asked] = await ask('math_500', [{ ...row, subject: 'Prealgebra', level: 2 }]);
    expect(asked.categories).toEqual({ subject: 'Prealgebra', level: '2' });
  });

  test('refuses a row without an answer', async () => {
    await expect(ask('math_500', [{ ...row, answer: '' }])).rejects.toThrow(
      'math_500.jsonl, line 1: choice 0 is empty',
    );
    await expect(ask('math_500', [{ problem: 'p', answer: '9' }])).rejects.toThrow('in field "solution"');
  });

  test('takes all real rows', async (context) => {
    needsShared(context, 'data/math_500.jsonl');
    const asked = await real('math_500');
    expect(asked).toHaveLength(500);
    for (const { doc, choices } of asked) expect(choices).toEqual([doc.answer, doc.solution]);
  });
});
