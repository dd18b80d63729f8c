import { type Benchmark, customary, selectBenchmarks } from '../results/benchmarks.ts';
import type { ModelResults } from '../results/model_results.ts';
import { seriesName, shortNames } from '../results/names.ts';
import { type AnsweredDocument, readDocuments } from '../results/read/documents.ts';
import { readResults } from '../results/read/read.ts';
import { groupByScale } from '../results/scale.ts';
import { tableOfResults } from './table/results_table.ts';
import type { TableModel } from './table/table_model.ts';

/** All that reports and charts are made of. Texts may come from anywhere. */
export interface ReportData {
  models: ReportModel[];
  benchmarks: Benchmark[];
  /** One row a model, in their order. */
  table: TableModel;
  documents: AnsweredDocument[];
  /** Sentences on what was passed over or is missing. */
  notices: string[];
}

export interface ReportModel {
  results: ModelResults;
  /** Short enough for charts. */
  label: string;
  /** Index of those that differ from it in size alone, among `seriesNames`. */
  series: number;
}

export interface ReportOptions {
  /** Benchmarks and groups of them; all if left out. */
  tasks?: readonly string[];
  /** A metric, or `customary`; the latter if left out. */
  metric?: string;
}

/** Reads the results and samples at some places, the models in the order of their table. */
export async function readReportData(
  places: readonly string[],
  { tasks, metric = customary }: ReportOptions = {},
): Promise<ReportData> {
  const { models: found, notices } = await readResults(places);
  const models = groupByScale(found).flatMap((group) => group.models);
  const benchmarks = await selectBenchmarks(models, metric, tasks);
  const table = await tableOfResults(models, benchmarks, { alpha: 0.05 });
  const answered = await readDocuments(models, benchmarks);
  return {
    models: describeModels(models),
    benchmarks,
    table,
    documents: answered.documents,
    notices: [...notices, ...answered.notices],
  };
}

function describeModels(models: readonly ModelResults[]): ReportModel[] {
  const labels = shortNames(models);
  const names = [...new Set(models.map(seriesName))];
  return models.map((results, i) => ({ results, label: labels[i], series: names.indexOf(seriesName(results)) }));
}

/** By index. */
export function seriesNames(models: readonly ReportModel[]): string[] {
  return [...new Set(models.map(({ results }) => seriesName(results)))];
}
