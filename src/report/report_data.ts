import { findPartings, type Partings } from '../compare/parting.ts';
import { type Benchmark, customary, selectBenchmarks } from '../results/benchmarks.ts';
import type { ModelResults } from '../results/model_results.ts';
import { modelLabels, seriesName, shortNames } from '../results/names.ts';
import { chanceAmong, readChance } from '../results/read/chance.ts';
import { type AnsweredDocument, readDocuments } from '../results/read/documents.ts';
import { KnownOutcomes } from '../results/read/outcomes.ts';
import { readResults } from '../results/read/read.ts';
import { groupByScale } from '../results/scale.ts';
import { type TrainingRun, trainingRuns } from '../results/steps.ts';
import { tableOfResults } from './table/results_table.ts';
import type { TableModel } from './table/table_model.ts';

/** All that reports and charts are made of. Texts may come from anywhere. */
export interface ReportData {
  models: ReportModel[];
  benchmarks: Benchmark[];
  /** What is expected of guessing, one a benchmark; null where it is not known. */
  chances: (number | null)[];
  training: Training;
  /** One row a model, in their order. */
  table: TableModel;
  /** None where they were not asked for. */
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

/** Training runs, and how their curves are drawn. */
export interface Training {
  axis: AxisScale;
  /** Whether the axis is of tokens, which all checkpoints have, and not of steps. */
  overTokens: boolean;
  runs: (TrainingRun & { label: string })[];
  /** null where no baseline was named. */
  partings: Partings | null;
}

export interface CurveOptions {
  axis: AxisScale;
  /** For an axis of tokens; what results tell of them if left out. */
  tokensPerStep?: number;
}

export const axisScales = ['linear', 'log'] as const;
export type AxisScale = (typeof axisScales)[number];

export interface ReportOptions extends Partial<CurveOptions> {
  /** Benchmarks and groups of them; all if left out. */
  tasks?: readonly string[];
  /** A metric, or `customary`; the latter if left out. */
  metric?: string;
  /** The training run that the others are tested against. */
  baseline?: string;
  /** Whether every model's samples are read, and figures are marked by tests over them; so if left out. */
  documents?: boolean;
  /** Which get what the samples say that are read. */
  outcomes?: KnownOutcomes;
  /** Whether training runs may be thinned out to their last checkpoints; so if left out. */
  thin?: boolean;
}

/** So many models are readable side by side. */
const mostModels = 12;

/**
 * Reads the results and samples at some places, the models in the order of their table. Of training runs, where there
 * are more than `mostModels` models, it has the last checkpoints; `training` has all.
 */
export async function readReportData(places: readonly string[], options: ReportOptions = {}): Promise<ReportData> {
  const { tasks, metric = customary, documents = true, thin = true, outcomes = new KnownOutcomes() } = options;
  const { models: found, notices } = await readResults(places);
  const ordered = groupByScale(found).flatMap((group) => group.models);
  const benchmarks = await selectBenchmarks(ordered, metric, tasks);
  const training = await describeTraining(ordered, benchmarks, options);
  const models = thin && ordered.length > mostModels ? withoutEarlier(ordered, training.runs) : ordered;
  if (models.length < ordered.length)
    notices.push(
      `${ordered.length - models.length} earlier checkpoints of training runs are shown in the curves alone.`,
    );
  const answered = documents ? await readDocuments(models, benchmarks, outcomes) : { documents: [], notices: [] };
  return {
    models: describeModels(models),
    benchmarks,
    chances: await Promise.all(
      benchmarks.map((each) => (documents ? chanceAmong(answered.documents, each) : readChance(models, each))),
    ),
    training,
    table: await tableOfResults(models, benchmarks, { alpha: documents ? 0.05 : null, read: outcomes.read }),
    documents: answered.documents,
    notices: [...notices, ...answered.notices, ...(training.partings?.notices ?? [])],
  };
}

async function describeTraining(
  models: readonly ModelResults[],
  benchmarks: readonly Benchmark[],
  { axis = 'linear', tokensPerStep, baseline }: ReportOptions,
): Promise<Training> {
  const runs = trainingRuns(models, tokensPerStep);
  const labels = modelLabels(runs);
  const partings = baseline === undefined ? null : await findPartings(runs, baseline, benchmarks, 0.05);
  const overTokens = runs.every(({ checkpoints }) => checkpoints.every(({ tokens }) => tokens !== null));
  return { runs: runs.map((run, i) => ({ ...run, label: labels[i] })), axis, overTokens, partings };
}

function withoutEarlier(models: readonly ModelResults[], runs: readonly TrainingRun[]): ModelResults[] {
  const earlier = new Set(runs.flatMap(({ checkpoints }) => checkpoints.slice(0, -1).map(({ model }) => model)));
  return models.filter((model) => !earlier.has(model));
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
