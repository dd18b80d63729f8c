import { HonEvalError } from '../errors.ts';
import { type Benchmark, benchmarkOf, selectBenchmarks } from '../results/benchmarks.ts';
import type { ModelResults } from '../results/model_results.ts';
import { type AnsweredDocument, readDocuments } from '../results/read/documents.ts';
import { readModel } from '../results/read/read.ts';
import { type CompareOptions, type Comparison, compareModels } from './comparison.ts';

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
  const benchmarks = options.tasks
    ? selected
    : selected.filter(({ name }) => models.every((each) => benchmarkOf(each, name)));
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
      ...left.map(({ name }) => `Left out ${name}, which only one of the models has.`),
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

function listed(benchmarks: readonly { name: string }[]): string {
  const names = benchmarks.slice(0, 8).map(({ name }) => name);
  return [...names, ...(benchmarks.length > 8 ? [`${benchmarks.length - 8} more`] : [])].join(', ');
}
