import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Row } from '../../../src/dataset/row.ts';
import { documentMaker } from '../../../src/harness/task/ask.ts';
import { selectedGroups } from '../../../src/harness/task/groups.ts';
import { loadTasks, selectTasks } from '../../../src/harness/task/registry.ts';
import type { Question, Task } from '../../../src/harness/task/task.ts';

const paper = ['arc_challenge', 'arc_easy', 'hellaswag', 'logiqa', 'piqa', 'sciq'];

async function names(...selection: string[]): Promise<string[]> {
  return (await selectTasks(selection)).map((task) => task.name);
}

describe('selection', () => {
  test('the paper group is its six benchmarks in the order of its tables', async () => {
    expect(await names('paper')).toEqual(paper);
    expect((await selectTasks(['paper'])).map((task) => task.title)).toEqual([
      ...['ARC-C', 'ARC-E', 'HellaSwag'],
      ...['LogiQA', 'PIQA', 'SciQ'],
    ]);
  });

  test('keeps the order of first mention and drops repetitions', async () => {
    expect(await names('sciq', 'multihop', 'arc_easy', 'ai2_arc', 'sciq')).toEqual([
      ...['sciq', 'multihop_1', 'multihop_2', 'multihop_3', 'arc_easy', 'arc_challenge'],
    ]);
  });

  test('the reasoning group has the order of its table, and GPQA also the name of lm-evaluation-harness', async () => {
    expect((await selectTasks(['reasoning'])).map((task) => task.title)).toEqual([
      'MATH-500',
      'AIME24',
      'GPQA-Diamond',
    ]);
    expect(await names('gpqa_main_zeroshot', 'gpqa')).toEqual(['gpqa_main', 'gpqa_diamond', 'gpqa_extended']);
  });

  test('groups are told from tasks', async () => {
    const selected = ['paper', 'piqa', 'reasoning', 'paper'];
    const groups = selectedGroups(selected, await selectTasks(selected));
    expect(groups).toEqual([
      { name: 'paper', tasks: paper, metrics: [], aggregation: 'mean' },
      { name: 'reasoning', tasks: ['math_500', 'aime24', 'gpqa_diamond'], metrics: [], aggregation: 'mean' },
    ]);
  });

  test('a group averages what is within it, and is no part of a wider one unless that was chosen', async () => {
    const groupsOf = async (...selected: string[]) =>
      selectedGroups(selected, await selectTasks(selected)).map(({ name, tasks, aggregation }) => [
        ...[name, aggregation, tasks.length],
        tasks[0],
      ]);
    const stem = ['mmlu_stem', 'pooled', 19, 'mmlu_abstract_algebra'];
    expect(await groupsOf('mmlu_stem')).toEqual([stem]);
    expect((await groupsOf('mmlu')).slice(0, 2)).toEqual([['mmlu', 'pooled', 57, 'mmlu_abstract_algebra'], stem]);
    const best = ['arc_easy_olmes', 'best', 2, 'arc_easy_rc_olmes'];
    expect((await groupsOf('core_9mcqa_olmes')).slice(0, 2)).toEqual([
      ['core_9mcqa_olmes', 'mean', 18, 'arc_easy_rc_olmes'],
      best,
    ]);
    expect(await groupsOf('arc_easy_olmes')).toEqual([best]);
    expect(await groupsOf('mmlu_olmes')).toEqual([
      ['mmlu_olmes', 'best', 2, 'mmlu_rc_olmes'],
      ['mmlu_rc_olmes', 'mean', 57, 'mmlu_abstract_algebra_rc_olmes'],
      ['mmlu_mc_olmes', 'mean', 57, 'mmlu_abstract_algebra_mc_olmes'],
    ]);
  });

  test.each([
    ['arc_esy', 'There is no task or group named "arc_esy"; did you mean arc_easy?'],
    ['HellaSwag2', 'There is no task or group named "HellaSwag2"; did you mean hellaswag?'],
    [
      'gsm8k',
      'There is no task or group named "gsm8k"; there are arc_challenge, paper, ai2_arc, pythia, core, arc_easy and ',
    ],
  ])('says what %s may have meant', async (name, message) => {
    await expect(names(name)).rejects.toMatchObject({ kind: 'usage', message: expect.stringContaining(message) });
  });

  test('every task can say where its rows are, or is found under --data alone', async () => {
    for (const task of await loadTasks()) {
      expect(task.metrics).toContain(task.headline);
      expect(task.dataset === undefined).toBe(task.groups.includes('multihop'));
    }
  });
});

describe('a task file of the user', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hon-eval-task-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function write(name: string, source: string): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, source);
    return path;
  }

  const fields = "title: 'Mine', version: 1, groups: [], metrics: ['acc'], headline: 'acc'";
  const task = (name: string) =>
    `{ name: '${name}', ${fields}, question: (row) => ({ context: row.text('q'), choices: ['a'], gold: 0 }) }`;

  test('is taken by its path, beside tasks by name', async () => {
    const path = await write('mine.mjs', `export default [${task('mine_1')}, ${task('mine_2')}];`);
    expect(await names('piqa', path, path)).toEqual(['piqa', 'mine_1', 'mine_2']);
  });

  test('may be TypeScript', async () => {
    const path = await write(
      'typed.ts',
      `const version: number = 1;\nexport default { ...${task('typed')}, version };`,
    );
    expect(await names(path)).toEqual(['typed']);
  });

  test.each([
    ['empty.mjs', 'export const task = 1;', /must export a task, or an array of tasks, by default/],
    ['syntax.mjs', 'export default {', /cannot be loaded: /],
    ['metric.mjs', `export default { ...${task('m')}, metrics: ['a b'] };`, /malformed task \(metrics\.0: /],
    ['name.mjs', `export default { ...${task('../up')} };`, /name: expected a name of letters/],
    ['question.mjs', `export default { ...${task('q')}, question: 'text' };`, /question: expected a function/],
    ['clash.mjs', `export default ${task('piqa')};`, /Two different tasks are named piqa/],
  ])('is refused with a reason: %s', async (name, source, message) => {
    const path = await write(name, source);
    await expect(names('piqa', path)).rejects.toMatchObject({ kind: 'usage', message: expect.stringMatching(message) });
  });

  test('has to exist', async () => {
    await expect(names('./nowhere.ts')).rejects.toMatchObject({
      kind: 'usage',
      message: 'There is no task file ./nowhere.ts.',
    });
  });
});

describe('documents', () => {
  const rows = [new Row({ a: 1 }, 'made.json, row 1'), new Row({ a: 2 }, 'made.json, row 2')];

  function toy(question: (row: Row) => Question, delimiter?: string): Task {
    return {
      name: 'toy',
      title: 'Toy',
      version: 1,
      groups: [],
      metrics: ['acc'],
      headline: 'acc',
      delimiter,
      question,
    };
  }

  test('numbers them and adds derived columns to the row', () => {
    const task = toy(() => ({ context: '', choices: ['x', ''], gold: 1, derived: { b: 3 } }));
    expect(rows.map(documentMaker(task)).map(({ index, doc, gold }) => ({ index, doc, gold }))).toEqual([
      { index: 0, doc: { a: 1, b: 3 }, gold: 1 },
      { index: 1, doc: { a: 2, b: 3 }, gold: 1 },
    ]);
  });

  test.each<[string, Task]>([
    ['expected at least one choice', toy(() => ({ context: 'c', choices: [], gold: 0 }))],
    ['expected the right choice to be one of 0 to 0, got 1', toy(() => ({ context: 'c', choices: ['x'], gold: 1 }))],
    [
      'the task toy makes no question of it (gold: expected an index, got 0.5)',
      toy(() => ({ context: 'c', choices: ['x'], gold: 0.5 })),
    ],
    ['choice 1 is empty', toy(() => ({ context: 'c', choices: ['x', ''], gold: 0 }), '')],
    [
      'the task toy makes no question of it (boom)',
      toy(() => {
        throw new TypeError('boom');
      }),
    ],
  ])('names the row: %s', (message, task) => {
    expect(() => rows.map(documentMaker(task))).toThrow(
      expect.objectContaining({ kind: 'dataset', message: expect.stringContaining(`made.json, row 1: ${message}`) }),
    );
  });
});
