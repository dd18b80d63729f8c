import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TaskRecord } from '../../../src/harness/record/run_record.ts';
import { breakdownTables } from '../../../src/report/table/breakdown.ts';
import { type RunGroup, runTable } from '../../../src/report/table/run_table.ts';
import { readResults } from '../../../src/results/read/read.ts';
import { writeRun } from '../../../src/results/write/write_run.ts';
import { exampleRun, taskRecord } from '../../results/example_run.ts';
import { writeResults } from '../../results/made_results.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hon-eval-run-table-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function written(runs: Record<string, TaskRecord[]>) {
  const files: string[] = [];
  for (const [name, tasks] of Object.entries(runs)) files.push(await writeResults(folder, name, tasks));
  return (await readResults(files)).models;
}

const plain = { isTTY: false };
const whole = (record: TaskRecord) => ({ ...record, available: record.documents.length });

describe('the tables of several groups', () => {
  const tasks = ['a', 'b', 'c', 'd'].map((name) => whole(taskRecord(name, [[-1, -2]])));
  const heads = async (groups: RunGroup[]) => {
    const text = await runTable(await written({ m: tasks }), groups, {}, plain);
    return text.split('\n').filter((line) => line.startsWith('Model'));
  };

  it('are one each, and one for what is in no group', async () => {
    const groups = [
      { name: 'one', tasks: ['b', 'c'] },
      { name: 'two', tasks: ['a'] },
    ];
    const titles = (await heads(groups)).map((line) => line.split(/ +/).slice(1));
    expect(titles).toEqual([['B', 'C', 'Avg.'], ['A'], ['D']]);
  });

  it('have one column for what a group averages', async () => {
    const average = { name: 'mean', tasks: ['a', 'b'], metrics: ['acc'], aggregation: 'mean' as const };
    const { resultsFile } = await writeRun(exampleRun({ tasks, groups: [average] }), folder);
    const { models } = await readResults([resultsFile]);
    const text = await runTable(models, [{ name: 'one', tasks: ['a', 'b', 'c'] }], {}, plain);
    expect(text.split('\n')[0].split(/ +/).slice(1)).toEqual(['mean', 'C', 'D', 'Avg.']);
  });

  it('are one where one group was asked for', async () => {
    expect(await heads([{ name: 'one', tasks: ['b', 'c'] }])).toHaveLength(1);
  });
});

describe('runTable', () => {
  const a = taskRecord('a', [
    [-1, -1.5],
    [-3, -2],
  ]);
  const b = whole(taskRecord('b', [[-2, -1]], { headline: 'acc_norm' }));

  it("has each benchmark's headline, the average of complete rows, and no escapes without a terminal", async () => {
    const models = await written({ 'lab/full': [whole(a), b], 'lab/part': [b] });
    expect((await runTable(models, [], {}, plain)).split('\n')).toEqual([
      'Model     A     B  Avg.',
      '───────────────────────',
      'full   .500  .000  .250',
      'part      –  .000     –',
      '',
      'Metric: acc; acc_norm: B',
    ]);
  });

  it('says of how many documents a figure is where that is not all', async () => {
    const text = await runTable(await written({ m: [a] }), [], { stderr: true, counts: true }, plain);
    expect(text.split('\n')).toEqual([
      'Model       A',
      '─────────────',
      'm       .500‡',
      '       ±.500',
      '         n=2',
      '',
      'Metric: acc',
      '‡ of a part of the documents: A 2 of 9',
    ]);
  });
});

it('breakdownTables have a line a category, and a column a model', async () => {
  const task = taskRecord('a', [
    [-1, -2],
    [-2, -1],
    [-1, -2],
  ]);
  for (const [i, level] of ['2', '1', '2'].entries()) task.documents.at(i)!.document.categories = { level };
  const other = taskRecord('b', [[-1, -2]]);
  const tables = await breakdownTables(await written({ 'made/first': [other, task], 'made/second': [other, task] }));
  expect(tables.map((table) => table.split('\n'))).toEqual([
    [
      'A by level  documents  first  second',
      '────────────────────────────────────',
      '1           1          .000   .000',
      '2           2          1.000  1.000',
    ],
  ]);
});
