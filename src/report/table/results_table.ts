import { differenceOf, pairBenchmark, pValueOf, rememberOutcomes } from '../../compare/pairing.ts';
import { HonEvalError } from '../../errors.ts';
import { averageDifference, type Difference, holm, studentPValue } from '../../metrics/paired.ts';
import { plainMean } from '../../metrics/statistics.ts';
import { averaged, type Benchmark, figureOf } from '../../results/benchmarks.ts';
import type { ModelResults } from '../../results/model_results.ts';
import { groupByScale } from '../../results/scale.ts';
import { averageNotes, describeMetrics, type Figure, type TableModel, type TableRow } from './table_model.ts';

export interface ResultsTableOptions {
  /** Significance of a mark; null for no marks. */
  alpha: number | null;
}

/**
 * Models as rows and benchmarks as columns, by scale and in the order of the paper's tables. A figure that differs
 * significantly from that of its group's first row is marked: McNemar's exact test over the same documents where both
 * models have samples, Welch's t elsewhere, Holm-corrected over the row's benchmarks; the average by Student's t.
 */
export async function tableOfResults(
  models: readonly ModelResults[],
  benchmarks: readonly Benchmark[],
  { alpha }: ResultsTableOptions,
): Promise<TableModel> {
  const groups = groupByScale(models);
  const columns = benchmarks.map(({ title, metric, higherIsBetter, unit }) => ({
    title,
    metric,
    higherIsBetter,
    unit,
  }));
  const table: TableModel = { columns, rows: [], notes: [] };
  if (groups.length > 1) table.groupTitle = 'Scale';
  const marker = new Marker(benchmarks);
  for (const { label, models: members } of groups) {
    for (const model of members) {
      const row = rowOf(model, benchmarks, groups.length > 1 ? (label ?? '–') : undefined);
      if (alpha !== null && model !== members[0]) await marker.mark(row, members[0], model, alpha);
      table.rows.push(row);
    }
  }
  table.notes = [`Metric: ${describeMetrics(table)}`, ...averageNotes(table), ...marker.notes(table, alpha)];
  return table;
}

/** A model's figures, and their average where none is missing. */
export function rowOf(model: ModelResults, benchmarks: readonly Benchmark[], group?: string): TableRow {
  const cells = benchmarks.map((benchmark): Figure | null => {
    const figure = figureOf(model, benchmark);
    return figure && { value: figure.value, stderr: figure.stderr };
  });
  return { label: model.name, group, cells, average: averageOf(benchmarks, cells) };
}

function averageOf(benchmarks: readonly Benchmark[], cells: readonly (Figure | null)[]): Figure | null {
  const members = averaged(benchmarks);
  const complete = members.flatMap((benchmark) => cells[benchmarks.indexOf(benchmark)] ?? []);
  if (complete.length < members.length || members.length === 0) return null;
  const { value, stderr } = plainMean(complete.map((cell) => ({ ...cell, size: 1 })));
  return { value, stderr };
}

/** Marks figures, and remembers how they were tested. */
class Marker {
  readonly #benchmarks: readonly Benchmark[];
  readonly #read = rememberOutcomes();
  readonly #problems = new Set<string>();
  readonly #tests = new Set<'paired' | 'unpaired'>();

  constructor(benchmarks: readonly Benchmark[]) {
    this.#benchmarks = benchmarks;
  }

  async mark(row: TableRow, first: ModelResults, second: ModelResults, alpha: number): Promise<void> {
    const tested: { benchmark: Benchmark; figure: Figure; pValue: number; difference: Difference }[] = [];
    for (const [i, benchmark] of this.#benchmarks.entries()) {
      const figure = row.cells[i];
      if (!figure || !figureOf(first, benchmark)) continue;
      const result = await this.#test(first, second, benchmark);
      if (result) tested.push({ benchmark, figure, ...result });
    }
    const adjusted = holm(tested.map(({ pValue }) => pValue));
    for (const [i, { figure }] of tested.entries()) if (adjusted[i] <= alpha) figure.mark = '*';
    const members = averaged(this.#benchmarks);
    const parts = tested.filter(({ benchmark }) => members.includes(benchmark));
    if (!row.average || parts.length < members.length) return;
    const pValue = studentPValue(averageDifference(parts.map(({ difference }) => difference)));
    if (pValue !== null && pValue <= alpha) row.average.mark = '*';
  }

  async #test(first: ModelResults, second: ModelResults, benchmark: Benchmark) {
    try {
      const pair = await pairBenchmark(first, second, benchmark, this.#read);
      const pValue = pValueOf(pair);
      if (pValue === null) return null;
      this.#tests.add(pair.scores ? 'paired' : 'unpaired');
      return { pValue, difference: differenceOf(pair) };
    } catch (error) {
      if (!(error instanceof HonEvalError)) throw error;
      this.#problems.add(`Not tested: ${error.message}`);
      return null;
    }
  }

  notes({ rows }: TableModel, alpha: number | null): string[] {
    if (this.#tests.size === 0) return [...this.#problems];
    const tests = [
      ...(this.#tests.has('paired') ? ["McNemar's exact test over the same documents"] : []),
      ...(this.#tests.has('unpaired') ? ["Welch's t test where there are no samples to pair"] : []),
    ];
    const marked = rows.some(({ cells, average }) => [...cells, average].some((figure) => figure?.mark));
    const differs = marked ? "* differs from its group's first row" : "No figure differs from its group's first row";
    return [`${differs} at ${alpha}, Holm-corrected (${tests.join('; ')})`, ...this.#problems];
  }
}
