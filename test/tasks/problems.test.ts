import { describe, expect, test } from 'vitest';
import { loadRows } from '../../src/dataset/read.ts';
import { Row } from '../../src/dataset/row.ts';
import { checkSampled, problemMaker } from '../../src/harness/task/ask.ts';
import { choiceShuffle } from '../../src/harness/task/choice_order.ts';
import { selectTasks } from '../../src/harness/task/registry.ts';
import type { Document, PromptStyle } from '../../src/harness/task/task.ts';
import type { JsonObject } from '../../src/json.ts';
import { needsShared, shared } from '../shared.ts';

async function ask(name: string, style: PromptStyle, row: JsonObject): Promise<Document> {
  const [task] = await selectTasks([name]);
  return problemMaker(task, style, choiceShuffle('question'))(new Row(row, `${name}.jsonl, line 1`), 0);
}

const boxed =
  "Solve the following math problem efficiently and clearly.  The last line of your response should be of the following format: 'Therefore, the final answer is: $\\boxed{ANSWER}$. I hope it is correct' (without quotes) where ANSWER is just the final number or expression that solves the problem. Think step by step before answering.";

describe('problems', () => {
  test('of math_500 are asked as Open-R1 and lighteval ask them', async () => {
    const row = { problem: 'What is $\\frac{1}{2}$ of {4}?', answer: '2', subject: 'Algebra', level: 1 };
    expect(await ask('math_500', 'openr1', row)).toMatchObject({
      context: `${boxed}\n\nWhat is $\\frac{1}{2}$ of {4}?`,
      choices: [],
      target: '2',
      grader: 'math',
      categories: { subject: 'Algebra', level: '1' },
      doc: row,
    });
    expect((await ask('math_500', 'lighteval', row)).context).toBe(
      'Solve the following problem. The final line of your response MUST be of the following format:\n"ANSWER: $ANSWER" (without quotes) where $ANSWER is the final answer. Think step by step before answering.\n\nWhat is $\\frac{1}{2}$ of {4}?',
    );
  });

  test('of aime24 are asked as Open-R1 and lighteval ask them, and have a number for an answer', async () => {
    const row = { problem: 'What is 5²?', answer: '025' };
    expect(await ask('aime24', 'openr1', row)).toMatchObject({ context: `${boxed}\n\nWhat is 5²?`, target: '25' });
    expect((await ask('aime24', 'lighteval', row)).context).toBe(`\n${boxed}\n\nWhat is 5²?\n`);
    await expect(ask('aime24', 'openr1', { ...row, answer: '1000' })).rejects.toMatchObject({ kind: 'dataset' });
  });

  const gpqa = {
    Question: 'Which floats? ',
    'Correct Answer': ' cork',
    'Incorrect Answer 1': 'iron ',
    'Incorrect Answer 2': 'lead',
    'Incorrect Answer 3': 'gold\n',
  };
  const instruction =
    "Answer the following multiple choice question. The last line of your response should be of the following format: 'Answer: $LETTER' (without quotes) where LETTER is one of ABCD. Think step by step before answering.";

  test('of GPQA are asked as Open-R1 and lighteval ask them, in the order of the choices that the run has', async () => {
    const [task] = await selectTasks(['gpqa_diamond']);
    const row = new Row(gpqa, 'a row');
    const asked = problemMaker(task, 'openr1', (choices) => [...choices])(row, 0);
    expect(asked.context).toBe(`${instruction}\n\nWhich floats? \n\nA) iron \nB) lead\nC) gold\n\nD)  cork`);
    expect(asked).toMatchObject({ target: 'D', grader: 'letter', doc: { choice4: ' cork', answer: 'D' } });
    const stripped = problemMaker(task, 'lighteval', (choices) => [...choices].reverse())(row, 0);
    expect(stripped.context).toBe(`${instruction}\n\nWhich floats?\n\nA) cork\nB) gold\nC) lead\nD) iron`);
    expect(stripped.target).toBe('A');
    const mixed = await ask('gpqa_main', 'openr1', gpqa);
    expect(mixed.context).toContain(`${mixed.target})  cork`);
  });

  test('tell nothing of a confidential row but its place and field', async () => {
    await expect(ask('gpqa_diamond', 'openr1', { ...gpqa, 'Incorrect Answer 2': 7 })).rejects.toMatchObject({
      kind: 'dataset',
      message: 'gpqa_diamond.jsonl, line 1: expected a string in field "Incorrect Answer 2", got something else.',
    });
  });

  test('are refused without an answer', async () => {
    await expect(ask('math_500', 'openr1', { problem: 'p', answer: ' ' })).rejects.toMatchObject({
      kind: 'dataset',
      message: 'math_500.jsonl, line 1: expected an answer, got an empty one.',
    });
  });

  test('exist for the reasoning benchmarks alone', async () => {
    expect(() => checkSampled([])).not.toThrow();
    const tasks = await selectTasks(['reasoning', 'piqa', 'sciq', 'gpqa']);
    const refused = { kind: 'usage', message: expect.stringContaining('in writing in piqa, sciq;') };
    expect(() => checkSampled(tasks)).toThrow(expect.objectContaining(refused));
  });

  test('of real rows all have an answer', async (context) => {
    needsShared(context, 'data/math_500.jsonl', 'data/aime24.jsonl');
    for (const [name, count] of [
      ['math_500', 500],
      ['aime24', 30],
    ] as const) {
      const [task] = await selectTasks([name]);
      const { rows } = await loadRows(task, { data: shared('data') });
      expect(rows.map(problemMaker(task, 'openr1', choiceShuffle('question')))).toHaveLength(count);
    }
  });
});
