import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../../src/harness/record/run_record.ts';
import { formatFigure } from '../../../src/output/figures.ts';
import { plainTable } from '../../../src/output/plain_table.ts';
import { bold } from '../../../src/output/terminal.ts';
import { breakdownTables } from '../../../src/report/table/breakdown.ts';
import { describeMetrics, type Figure, type TableModel, tableOfRuns } from '../../../src/report/table/table_model.ts';
import { renderTable, runTable } from '../../../src/report/table/terminal.ts';
import { exampleRun, taskRecord } from '../../results/example_run.ts';

const [on, off] = bold(' ').split(' ');
const titles = ['ARC-C', 'ARC-E', 'HellaSwag', 'LogiQA', 'PIQA', 'SciQ'];

function figure(value: number | null): Figure | null {
  return value === null ? null : { value, stderr: 0.0123 };
}

function table(rows: [label: string, average: number | null, ...values: (number | null)[]][]): TableModel {
  return {
    columns: titles.map((title) => ({ title, metric: 'acc', higherIsBetter: true, unit: 'accuracy' })),
    rows: rows.map(([label, average, ...values]) => ({ label, cells: values.map(figure), average: figure(average) })),
  };
}

const two = table([
  ['pythia', 0.397, 0.208, 0.359, 0.3561, 0.276, 0.569, 0.615],
  ['hon', 0.417, 0.204, 0.382, 0.3563, null, 0.586, 1],
]);

describe('renderTable', () => {
  it('prints figures as the paper does', () => {
    expect(renderTable(two).split('\n')).toEqual([
      'Model   ARC-C  ARC-E  HellaSwag  LogiQA  PIQA   SciQ  Avg.',
      '──────────────────────────────────────────────────────────',
      'pythia   .208   .359       .356    .276  .569   .615  .397',
      'hon      .204   .382       .356       –  .586  1.000  .417',
    ]);
  });

  it('makes the best of a column bold, ties as printed included, a lone figure not', () => {
    const lines = renderTable(two, { bold: true }).split('\n');
    const bolds = lines.map((line) => line.replaceAll(on, '<').replaceAll(off, '>').match(/<.*?>/g));
    expect(bolds).toEqual([null, null, ['<.208>', '<.356>'], ['<.382>', '<.356>', '<.586>', '<1.000>', '<.417>']]);
  });

  it('makes the least bold where less is better', () => {
    const columns = two.columns.map((column) => ({ ...column, higherIsBetter: false }));
    expect(renderTable({ ...two, columns }, { bold: true })).toContain(bold('.204'));
  });

  it('has nothing bold in a single row, and no average of a single column', () => {
    const one = { columns: two.columns.slice(0, 1), rows: two.rows.slice(0, 1) };
    expect(renderTable(one, { bold: true })).toBe('Model   ARC-C\n─────────────\npythia   .208');
  });

  it('prints standard errors under the figures', () => {
    const lines = renderTable(two, { stderr: true, bold: true }).split('\n');
    expect(lines).toHaveLength(6);
    expect(lines[3].trim().split(/ +/)).toEqual(Array(7).fill('±.012'));
  });

  it('fits the six benchmarks of the paper and their average into 80 characters, whatever the label', () => {
    const long = table([['owner/a-model-with-a-very-long-name-0.4b@step143000', 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]]);
    for (const stderr of [false, true]) {
      const lines = renderTable(long, { stderr }).split('\n');
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
      const label = lines.slice(2).map((line) => line.match(/^\S*/)?.[0]);
      expect(label.join('')).toBe('owner/a-model-with-a-very-long-name-0.4b@step143000');
    }
    expect(renderTable(long, { width: 120 }).split('\n')).toHaveLength(3);
  });

  it('strips terminal escapes from labels and titles', () => {
    const model = table([['a\u001b[31mb\u001b]0;title\u0007\nc\u0008', 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]]);
    model.columns[0].title = 'X\u001b[2J\u202eY';
    const text = renderTable(model);
    expect(text).toMatch(/^Model +XY {2}/);
    expect(text).toMatch(/^ab c {2}/m);
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
  });
});

it.each([
  [0.2084, '.208'],
  [0, '.000'],
  [1, '1.000'],
  [-0.25, '-.250'],
  [12.3456, '12.346'],
])('formatFigure writes %d as %s', (value, text) => {
  expect(formatFigure(value)).toBe(text);
});

describe('the tables of several groups', () => {
  const names = ['a', 'b', 'c', 'd'];
  const tasks = names.map((name) => taskRecord(name, [[-1, -2]]));
  const group = (name: string, members: string[]) => ({ name, tasks: members, metrics: [], weightBySize: false });
  const heads = (groups: RunRecord['groups']) => {
    const text = runTable([exampleRun({ tasks, groups })], { isTTY: false });
    return text.split('\n').filter((line) => line.startsWith('Model'));
  };

  it('are one each, and one for what is in no group', () => {
    const groups = [group('one', ['b', 'c']), group('two', ['a'])];
    expect(heads(groups).map((line) => line.split(/ +/).slice(1))).toEqual([['B', 'C', 'Avg.'], ['A'], ['D']]);
  });

  it('are one where one group was asked for', () => {
    expect(heads([group('one', ['b', 'c'])])).toHaveLength(1);
  });
});

it('breakdownTables have a line a category, and a column a model', () => {
  const task = taskRecord('a', [
    [-1, -2],
    [-2, -1],
    [-1, -2],
  ]);
  for (const [i, level] of ['2', '1', '2'].entries()) task.documents[i].document.categories = { level };
  const other = taskRecord('b', [[-1, -2]]);
  const run = exampleRun({ tasks: [other, task] });
  expect(breakdownTables([run, run]).map((table) => table.split('\n'))).toEqual([
    [
      'A by level  documents  made/model@step1  made/model@step1',
      '─────────────────────────────────────────────────────────',
      '1           1          .000              .000',
      '2           2          1.000             1.000',
    ],
  ]);
});

describe('tableOfRuns', () => {
  const a = taskRecord('a', [
    [-1, -1.5],
    [-3, -2],
  ]);
  const b = taskRecord('b', [[-2, -1]], { headline: 'acc_norm' });
  const full = exampleRun({ tasks: [a, b] });
  const part = exampleRun({ tasks: [b] });

  it("has each benchmark's headline, and the average of complete rows", () => {
    const model = tableOfRuns([full, part]);
    expect(model.columns.map(({ title, metric }) => [title, metric])).toEqual([
      ['A', 'acc'],
      ['B', 'acc_norm'],
    ]);
    expect(model.rows[0].cells).toMatchObject([
      { value: 0.5, stderr: 0.5 },
      { value: 0, stderr: null },
    ]);
    expect(model.rows[0].average).toMatchObject({ value: 0.25, stderr: null });
    expect(model.rows[1]).toMatchObject({ cells: [null, { value: 0 }], average: null });
    expect(describeMetrics(model)).toBe('acc; acc_norm: B');
  });

  it('shows one metric throughout where it is asked for', () => {
    const model = tableOfRuns([full], 'acc_norm');
    expect(model.rows[0].cells[0]?.value).toBe(0);
    expect(describeMetrics(model)).toBe('acc_norm');
    expect(tableOfRuns([full], 'acc_bytes').rows[0].cells).toEqual([null, null]);
  });

  it('is what runTable prints, without escapes where the stream is no terminal', () => {
    const text = runTable([full, part], { isTTY: false });
    expect(text.split('\n')).toEqual([
      'Model                A     B  Avg.',
      '──────────────────────────────────',
      'made/model@step1  .500  .000  .250',
      'made/model@step1     –  .000     –',
      '',
      'Metric: acc; acc_norm: B',
    ]);
  });
});

it('plainTable sets texts in columns and strips escapes', () => {
  expect(
    plainTable(
      ['task', 'data'],
      [
        ['a', 'x\u001b[1my'],
        ['longer', 'z'],
      ],
    ),
  ).toBe('task    data\n────────────\na       xy\nlonger  z');
});
