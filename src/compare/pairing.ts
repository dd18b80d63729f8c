import { HonEvalError } from '../errors.ts';
import {
  countFlips,
  type Difference,
  type Flips,
  mcnemarPValue,
  pairedDifference,
  studentPValue,
  unpairedDifference,
} from '../metrics/paired.ts';
import { type Benchmark, benchmarkOf, figureOf } from '../results/benchmarks.ts';
import type { BenchmarkResults, MetricResult, ModelResults } from '../results/model_results.ts';
import { type Outcomes, readOutcomes } from '../results/read/outcomes.ts';

/** Two models on one benchmark. */
export interface BenchmarkPair {
  benchmark: Benchmark;
  first: MetricResult;
  second: MetricResult;
  /** Documents; null where neither the results nor samples tell. */
  size: number | null;
  /** Scores of the same documents; null where one of the models has no samples. */
  scores: { first: number[]; second: number[] } | null;
  /** Names of the models that have no samples; none where the documents are paired. */
  withoutSamples: string[];
}

/**
 * Sets two models' results of a benchmark side by side, document by document where both have samples. Throws a
 * `results` error where one lacks the figure, or where documents, prompts or examples in the prompts differ: then a
 * difference between the figures says nothing about the models.
 *
 * @param read for samples that are needed several times
 */
export async function pairBenchmark(
  firstModel: ModelResults,
  secondModel: ModelResults,
  benchmark: Benchmark,
  read: typeof readOutcomes = readOutcomes,
): Promise<BenchmarkPair> {
  const [first, second] = [required(firstModel, benchmark), required(secondModel, benchmark)];
  const outcomes = [await read(firstModel, benchmark), await read(secondModel, benchmark)];
  const name = `${benchmark.name} of ${firstModel.name} and ${secondModel.name}`;
  const [firstOutcomes, secondOutcomes] = outcomes;
  if (firstOutcomes && secondOutcomes) {
    checkSameDocuments(firstOutcomes, secondOutcomes, name);
    const scores = { first: firstOutcomes.scores, second: secondOutcomes.scores };
    return { benchmark, first, second, size: scores.first.length, scores, withoutSamples: [] };
  }
  const results = [firstModel, secondModel].map((model) => benchmarkOf(model, benchmark.name)!);
  checkSameTask(results[0], results[1], name);
  const lacking = [firstModel, secondModel].filter((_, i) => outcomes[i] === null).map((model) => model.name);
  const size = results[0].size ?? results[1].size;
  return { benchmark, first, second, size, scores: null, withoutSamples: unique(lacking) };
}

/** Reads each benchmark of each model once. */
export function rememberOutcomes(): typeof readOutcomes {
  const known = new Map<string, Promise<Outcomes | null>>();
  return (model, benchmark) => {
    const key = JSON.stringify([model.file, benchmark.name, benchmark.metric]);
    const outcomes = known.get(key) ?? readOutcomes(model, benchmark);
    known.set(key, outcomes);
    return outcomes;
  };
}

export function differenceOf({ first, second, size, scores }: BenchmarkPair): Difference {
  if (scores) return pairedDifference(scores.first, scores.second);
  return unpairedDifference({ ...first, size }, { ...second, size });
}

/** null where the documents are not paired, or where their scores are not right or wrong. */
export function flipsOf({ scores }: BenchmarkPair): Flips | null {
  return scores && countFlips(scores.first, scores.second);
}

/** Two-sided p-value of there being no difference: McNemar's exact test where it applies, Student's t elsewhere. */
export function pValueOf(pair: BenchmarkPair): number | null {
  const flips = flipsOf(pair);
  return flips ? mcnemarPValue(flips) : studentPValue(differenceOf(pair));
}

function required(model: ModelResults, benchmark: Benchmark): MetricResult {
  const figure = figureOf(model, benchmark);
  if (figure) return figure;
  const has = benchmarkOf(model, benchmark.name) ? `has no ${benchmark.metric} of` : 'has no results of';
  throw new HonEvalError('results', `${model.name} (${model.file}) ${has} ${benchmark.name}.`);
}

function checkSameDocuments(first: Outcomes, second: Outcomes, name: string): void {
  const sizes = [first.ids.length, second.ids.length];
  if (sizes[0] !== sizes[1] || first.ids.some((id, i) => id !== second.ids[i])) {
    const different = sizes[0] === sizes[1] ? `${sizes[0]} others` : `${sizes[0]} and ${sizes[1]}`;
    throw new HonEvalError('results', `Cannot pair ${name}: expected the same documents, got ${different}.`);
  }
  const documents = first.ids.filter((_, i) => first.docHashes[i] !== second.docHashes[i]);
  if (documents.length > 0) throw differing(name, 'documents', documents, sizes[0]);
  const prompts = first.ids.filter((_, i) => first.requestsHashes[i] !== second.requestsHashes[i]);
  if (prompts.length > 0) throw differing(name, 'prompts', prompts, sizes[0]);
}

function differing(name: string, what: string, ids: readonly number[], size: number): HonEvalError {
  const which = ids.length === 1 ? `document ${ids[0]}` : `${ids.length} of ${size} documents, the first ${ids[0]}`;
  return new HonEvalError('results', `Cannot pair ${name}: their ${what} differ (${which}).`);
}

/** All that can be checked without samples. */
function checkSameTask(first: BenchmarkResults, second: BenchmarkResults, name: string): void {
  const aspects = [
    { what: 'documents', values: [first.size, second.size] },
    { what: 'examples in the prompt', values: [first.shots, second.shots] },
  ];
  for (const { what, values } of aspects) {
    if (values.includes(null) || values[0] === values[1]) continue;
    throw new HonEvalError(
      'results',
      `Cannot compare ${name}: expected the same number of ${what}, got ${values[0]} and ${values[1]}.`,
    );
  }
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
