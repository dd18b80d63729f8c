import { HonEvalError } from '../errors.ts';
import { type Benchmark, benchmarkOf, selectBenchmarks } from '../results/benchmarks.ts';
import type { BenchmarkResults, ModelResults } from '../results/model_results.ts';
import { type AnsweredDocument, readDocuments } from '../results/read/documents.ts';
import { readModel } from '../results/read/read.ts';
import { type CompareOptions, type Comparison, compareModels } from './comparison.ts';
import { requiredFigure } from './pairing.ts';

export interface CompareResultsOptions extends CompareOptions {
  /** Benchmarks and groups of them; those that both models have if left out. */
  tasks?: readonly string[];
  metric: string;
  /** Whether to read the documents that one model got right and the other wrong. */
  flips: boolean;
}

export interface ComparedResults {
  comparison: Comparison;
  /** null where they were not asked for. */
  flips: AnsweredDocument[] | null;
  notices: string[];
}

/** Compares the results of one model at each of two places. */
export async function compareResults(
  firstPlace: string,
  secondPlace: string,
  options: CompareResultsOptions,
): Promise<ComparedResults> {
  const [first, second] = [await readModel(firstPlace), await readModel(secondPlace)];
  const models = tellApart(first.model, second.model);
  const selected = await selectBenchmarks(models, options.metric, options.tasks);
  if (options.tasks) for (const benchmark of selected) for (const model of models) requiredFigure(model, benchmark);
  const benchmarks = options.tasks
    ? selected
    : selected.filter((benchmark) => models.every((each) => benchmarkOf(each, benchmark)));
  if (benchmarks.length === 0) {
    const names = models.map(({ file, benchmarks }) => `${file} has ${listed(benchmarks)}`);
    throw new HonEvalError('results', `Cannot compare results without a benchmark in common: ${names.join('; ')}.`);
  }
  const left = selected.filter((benchmark) => !benchmarks.includes(benchmark));
  return {
    comparison: await compareModels(models[0], models[1], benchmarks, options),
    flips: options.flips ? await readFlips(models, benchmarks) : null,
    notices: [
      ...first.notices,
      ...second.notices,
      ...left.map(({ title }) => `Left out ${title}, which only one of the models has.`),
    ],
  };
}

/** Two runs of one model get their files' names. */
export function tellApart(first: ModelResults, second: ModelResults): [ModelResults, ModelResults] {
  if (first.name !== second.name) return [first, second];
  const named = (model: ModelResults) => ({ ...model, name: `${model.name} (${model.file})` });
  return [named(first), named(second)];
}

async function readFlips(
  models: readonly ModelResults[],
  benchmarks: readonly Benchmark[],
): Promise<AnsweredDocument[]> {
  const { documents } = await readDocuments(models, benchmarks);
  return documents.filter(({ answers: [first, second] }) => first && second && first.score !== second.score);
}

function listed(benchmarks: readonly BenchmarkResults[]): string {
  const names = benchmarks.slice(0, 8).map(({ name, shots }) => (shots === null ? name : `${name} (${shots}-shot)`));
  return [...names, ...(benchmarks.length > 8 ? [`${benchmarks.length - 8} more`] : [])].join(', ');
}
