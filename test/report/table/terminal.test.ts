import { describe, expect, it } from 'vitest';
import { formatFigure } from '../../../src/output/figures.ts';
import { plainTable } from '../../../src/output/plain_table.ts';
import { bold } from '../../../src/output/terminal.ts';
import type { Estimate, TableModel } from '../../../src/report/table/table_model.ts';
import { renderTable } from '../../../src/report/table/terminal.ts';

const [on, off] = bold(' ').split(' ');
const titles = ['ARC-C', 'ARC-E', 'HellaSwag', 'LogiQA', 'PIQA', 'SciQ'];

function figure(value: number | null): Estimate | null {
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

describe('a table that is wider than a line', () => {
  const wide = (rows: number, columns: number): TableModel => ({
    columns: Array.from({ length: columns }, (_, i) => ({
      title: `benchmark_${i}`,
      metric: 'acc',
      higherIsBetter: true,
      unit: 'accuracy',
    })),
    rows: Array.from({ length: rows }, (_, i) => ({
      label: `model-${i}`,
      cells: Array.from({ length: columns }, () => figure(0.5)),
      average: figure(0.5),
    })),
  });
  const lines = (model: TableModel, width?: number) => renderTable(model, { width }).split('\n');

  it('has models as columns', () => {
    const turned = lines(wide(2, 9));
    expect(turned.slice(0, 3)).toEqual([
      'Benchmark    model-0  model-1',
      '─────────────────────────────',
      'benchmark_0     .500     .500',
    ]);
    expect(turned).toHaveLength(2 + 9 + 1);
    expect(lines(wide(2, 9), 200)).toHaveLength(4);
  });

  it('has texts of rows before the figures then', () => {
    const model = { ...wide(2, 9), groupTitle: 'Scale' };
    model.rows = model.rows.map((row, i) => ({ ...row, group: `${i + 1}M` }));
    expect(lines(model)[2]).toBe('Scale             1M       2M');
  });

  it.each([
    [1, 9],
    [12, 12],
  ])('is broken into blocks of columns where %d models and %d benchmarks fit neither way', (rows, columns) => {
    const broken = lines(wide(rows, columns));
    expect(Math.max(...broken.map((line) => line.length))).toBeLessThanOrEqual(80);
    const heads = broken.filter((line) => line.startsWith('Model')).flatMap((line) => line.split(/ +/).slice(1));
    expect(heads).toEqual([...wide(1, columns).columns.map(({ title }) => title), 'Avg.']);
  });

  it('breaks a label behind its separators', () => {
    const model = wide(1, 4);
    model.rows[0].label = 'instruction-tuned/checkpoint-of-yesterday';
    const labels = lines(model, 74).map((line) => line.split(' ')[0]);
    expect(labels.slice(2)).toEqual(['instruction-', 'tuned/', 'checkpoint-of-', 'yesterday']);
  });
});

it('numbers of documents stand under the figures on request', () => {
  const model = table([['a', null, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]]);
  model.rows[0].cells[0] = { value: 0.5, stderr: 0.1, size: 200, available: 1000, mark: '‡' };
  const lines = renderTable(model, { counts: true }).split('\n');
  expect(lines[2]).toMatch(/^a +\.500‡ +\.500/);
  expect(lines[3].trim()).toBe('n=200');
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
