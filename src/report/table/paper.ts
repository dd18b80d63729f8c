import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import table1 from '../../../results/paper/table1.json' with { type: 'json' };
import table2 from '../../../results/paper/table2.json' with { type: 'json' };
import table3 from '../../../results/paper/table3.json' with { type: 'json' };
import { mean } from '../../metrics/statistics.ts';
import { honSchema } from '../../model/hon_schema.ts';
import { formatFigure } from '../../output/figures.ts';
import { type Benchmark, selectBenchmarks } from '../../results/benchmarks.ts';
import type { ModelResults } from '../../results/model_results.ts';
import { modelLabels } from '../../results/names.ts';
import { hasScale } from '../../results/scale.ts';
import { rowOf } from './results_table.ts';
import { describeMetrics, type Estimate, partNotes, type TableModel, type TableRow } from './table_model.ts';

const figure = z.number().min(0).max(1);

const schema = z.strictObject({
  title: z.string(),
  /** Where the figures were published. */
  source: z.string(),
  groupTitle: z.string(),
  attributeTitles: z.array(z.string()),
  columns: z.array(z.strictObject({ task: z.string(), title: z.string() })),
  rows: z.array(
    z.strictObject({
      /** A scale or a base model. */
      group: z.string(),
      model: z.string(),
      attributes: z.array(z.string()),
      /** null for standard attention. */
      hon: honSchema.nullable(),
      figures: z.array(figure),
      average: figure,
    }),
  ),
  notes: z.array(z.string()),
});

/** A published table, digit for digit. */
export type PaperTable = z.infer<typeof schema>;
type PaperRow = PaperTable['rows'][number];

/** The tables of arXiv:2512.03377. */
export const paperTables = {
  table1: schema.parse(table1),
  table2: schema.parse(table2),
  table3: schema.parse(table3),
};
export type PaperTableName = keyof typeof paperTables;

/** The published table by itself. */
export function publishedTable(paper: PaperTable): TableModel {
  const { columns, groupTitle, attributeTitles, rows } = paper;
  return {
    columns: columns.map(({ title }) => ({ title, metric: 'accuracy', higherIsBetter: true, unit: 'accuracy' })),
    groupTitle,
    attributeTitles,
    rows: rows.map((row) => publishedRow(row, row.model)),
    notes: notesOf(paper),
  };
}

/**
 * The published table with each model that fits one of its rows, by scale and Hon setting, before that row, and the
 * difference after it. Models that fit none come last.
 */
export async function tableBesidePaper(
  paper: PaperTable,
  models: readonly ModelResults[],
  metric: string,
): Promise<TableModel> {
  const benchmarks = await paperBenchmarks(paper, models, metric);
  const labels = new Map(modelLabels(models).map((label, i) => [models[i], label]));
  const rows: TableRow[] = [];
  const others = new Set(models);
  for (const row of paper.rows) {
    const fitting = [...others].filter((model) => fits(row, model));
    for (const model of fitting) {
      others.delete(model);
      rows.push(...threeRows(row, rowOf(model, benchmarks, labels.get(model)!, row.group)));
    }
    if (fitting.length === 0) rows.push(publishedRow(row, `paper: ${row.model}`));
  }
  rows.push(...[...others].map((model) => rowOf(model, benchmarks, labels.get(model)!, '–')));
  const columns = benchmarks.map(({ higherIsBetter, unit, metric }, i) => ({
    title: paper.columns[i].title,
    metric,
    higherIsBetter,
    unit,
  }));
  const { groupTitle, attributeTitles } = paper;
  const notes = [
    `Metric of the models: ${describeMetrics({ columns })}`,
    ...partNotes({ columns, rows }),
    ...notesOf(paper),
  ];
  return { columns, groupTitle, attributeTitles, rows, notes };
}

/** One a column of the table; a column that no model has keeps its place. */
async function paperBenchmarks(
  { columns }: PaperTable,
  models: readonly ModelResults[],
  metric: string,
): Promise<Benchmark[]> {
  const names = new Set(models.flatMap(({ benchmarks }) => benchmarks.map(({ name }) => name)));
  const present = columns.map(({ task }) => task).filter((task) => names.has(task));
  const selected = present.length > 0 ? await selectBenchmarks(models, metric, present) : [];
  return columns.map(
    ({ task, title }) =>
      selected.find(({ name }) => name === task) ?? {
        name: task,
        shots: null,
        title,
        metric: 'acc',
        higherIsBetter: true,
        unit: 'accuracy',
        confidential: false,
      },
  );
}

function fits(row: PaperRow, model: ModelResults): boolean {
  return hasScale(model, row.group) && isDeepStrictEqual(model.honSetting, row.hon);
}

function threeRows(row: PaperRow, measured: TableRow): TableRow[] {
  const { group, attributes } = row;
  const published = publishedRow(row, `paper: ${row.model}`);
  const cells = measured.cells.map((cell, i) => differ(cell, published.cells[i]));
  const average = differ(measured.average, published.average);
  return [{ ...measured, attributes }, published, { label: 'difference', group, kind: 'difference', cells, average }];
}

function differ(measured: Estimate | null, published: Estimate | null): Estimate | null {
  return measured && published && { value: measured.value - published.value, stderr: measured.stderr };
}

function publishedRow(row: PaperRow, label: string): TableRow {
  const { group, attributes, figures, average } = row;
  const cells = figures.map((value) => ({ value, stderr: null }));
  const mark = contradicts(row) ? '†' : undefined;
  return { label, group, attributes, kind: 'published', cells, average: { value: average, stderr: null, mark } };
}

/** Rounding each figure, and then their average, to three decimals moves the average by this much at most. */
const rounding = 0.001;

/** Whether a row's average cannot be that of its figures, however they were rounded. */
function contradicts({ figures, average }: PaperRow): boolean {
  return Math.abs(mean(figures) - average) > rounding + 1e-9;
}

function notesOf({ title, source, notes, rows }: PaperTable): string[] {
  const contradictions = rows
    .filter(contradicts)
    .map(
      (row) => `† not the average of its row, which is ${formatFigure(mean(row.figures))} (${row.group} ${row.model})`,
    );
  return [`${title} (${source}).`, ...notes, ...contradictions];
}
