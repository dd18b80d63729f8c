import { HonEvalError } from '../../errors.ts';
import { plainMean } from '../../metrics/statistics.ts';
import { averaged } from '../../results/averaged.ts';
import { type Benchmark, figureOf } from '../../results/benchmarks.ts';
import type { ModelResults } from '../../results/model_results.ts';
import { modelLabels } from '../../results/names.ts';
import type { readOutcomes } from '../../results/read/outcomes.ts';
import { groupByScale } from '../../results/scale.ts';
import { Marker } from './significance.ts';
import {
  averageNotes,
  describeMetrics,
  type Estimate,
  partMark,
  partNotes,
  type TableModel,
  type TableRow,
} from './table_model.ts';

export interface ResultsTableOptions {
  /** Significance of a mark; null for no marks. */
  alpha: number | null;
  /** The model that all others are tested against; the first of each group if left out. */
  baseline?: string;
  /** For samples that are needed several times. */
  read?: typeof readOutcomes;
}

/**
 * Models as rows and benchmarks as columns, by scale and in the order of the paper's tables. A figure that differs
 * significantly from the baseline's is marked: by `pValueOf`'s test, Holm-corrected over the row's benchmarks; the average
 * by Student's t. Throws a `usage` error for a baseline that is none of the models.
 */
export async function tableOfResults(
  models: readonly ModelResults[],
  benchmarks: readonly Benchmark[],
  { alpha, baseline, read }: ResultsTableOptions,
): Promise<TableModel> {
  const groups = groupByScale(models);
  const labels = new Map(modelLabels(models).map((label, i) => [models[i], label]));
  const base = baseline === undefined ? null : findBaseline(baseline, models, labels);
  const columns = benchmarks.map(({ title, metric, higherIsBetter, unit }) => ({
    title,
    metric,
    higherIsBetter,
    unit,
  }));
  const table: TableModel = { columns, rows: [], notes: [] };
  if (groups.length > 1) table.groupTitle = 'Scale';
  const marker = alpha === null ? null : new Marker(benchmarks, alpha, read);
  for (const { label, models: members } of groups) {
    const scale = groups.length > 1 ? (label ?? '–') : undefined;
    const rows = members.map((model) => rowOf(model, benchmarks, labels.get(model)!, scale));
    if (base) for (const [i, model] of members.entries()) if (model !== base) await marker?.mark(rows[i], base, model);
    if (!base) await marker?.markGroup(rows, members);
    table.rows.push(...rows);
  }
  table.notes = [
    `Metric: ${describeMetrics(table)}`,
    ...averageNotes(table),
    ...partNotes(table),
    ...(marker?.notes(table, base && labels.get(base)!) ?? []),
  ];
  return table;
}

function findBaseline(
  name: string,
  models: readonly ModelResults[],
  labels: ReadonlyMap<ModelResults, string>,
): ModelResults {
  const found = models.find((model) => model.name === name) ?? models.find((model) => labels.get(model) === name);
  if (found) return found;
  const known = models.map((model) => labels.get(model)).join(', ');
  throw new HonEvalError('usage', `Expected --baseline to name one of the models (${known}), got "${name}".`);
}

/** A model's figures, and their average where none is missing. */
export function rowOf(model: ModelResults, benchmarks: readonly Benchmark[], label: string, group?: string): TableRow {
  const cells = benchmarks.map((benchmark): Estimate | null => {
    const figure = figureOf(model, benchmark);
    if (!figure) return null;
    const { value, stderr, source } = figure;
    const { size, available } = source;
    const isPart = size !== null && available !== null && size < available;
    return { value, stderr, size, available, ...(isPart ? { mark: partMark } : {}) };
  });
  return { label, model: model.name, group, cells, average: averageOf(benchmarks, cells) };
}

function averageOf(benchmarks: readonly Benchmark[], cells: readonly (Estimate | null)[]): Estimate | null {
  const members = averaged(benchmarks);
  const complete = members.flatMap((benchmark) => cells[benchmarks.indexOf(benchmark)] ?? []);
  if (complete.length < members.length || members.length === 0) return null;
  const { value, stderr } = plainMean(complete.map(({ value, stderr }) => ({ value, stderr, size: 1 })));
  return { value, stderr };
}
