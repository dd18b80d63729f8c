import { HonEvalError } from '../errors.ts';
import {
  countFlips,
  type Difference,
  type Flips,
  mcnemarPValue,
  pairedDifference,
  studentPValue,
  unpairedDifference,
} from '../metrics/inference/paired.ts';
import { type Benchmark, benchmarkOf, figureOf } from '../results/benchmarks.ts';
import type { MetricResult, ModelResults } from '../results/model_results.ts';
import { type Outcomes, readOutcomes } from '../results/read/outcomes.ts';

/** Two models on one benchmark. */
export interface BenchmarkPair {
  benchmark: Benchmark;
  first: MetricResult;
  second: MetricResult;
  /** Documents; null where neither the results nor samples tell. */
  size: number | null;
  /** Scores of the same documents; null where they are not paired. */
  scores: { first: number[]; second: number[] } | null;
  /** Why documents are not paired; null where they are. */
  unpaired: Unpaired | null;
}

/** Models without samples; none where both have them, but no figure of single documents. */
export interface Unpaired {
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
  const [first, second] = [requiredFigure(firstModel, benchmark), requiredFigure(secondModel, benchmark)];
  const [firstOutcomes, secondOutcomes] = [await read(firstModel, benchmark), await read(secondModel, benchmark)];
  const name = `${benchmark.name} of ${firstModel.name} and ${secondModel.name}`;
  const pair = { benchmark, first, second };
  if (firstOutcomes && secondOutcomes) {
    checkSameDocuments(firstOutcomes, secondOutcomes, name);
    const size = firstOutcomes.ids.length;
    const [firstScores, secondScores] = [firstOutcomes.scores, secondOutcomes.scores];
    if (!firstScores || !secondScores) return { ...pair, size, scores: null, unpaired: { withoutSamples: [] } };
    return { ...pair, size, scores: { first: firstScores, second: secondScores }, unpaired: null };
  }
  checkSameSize(first, second, name);
  const lacking = [...(firstOutcomes ? [] : [firstModel.name]), ...(secondOutcomes ? [] : [secondModel.name])];
  const size = first.source.size ?? second.source.size;
  return { ...pair, size, scores: null, unpaired: { withoutSamples: [...new Set(lacking)] } };
}

export function differenceOf({ first, second, size, scores }: BenchmarkPair): Difference {
  if (scores) return pairedDifference(scores.first, scores.second);
  return unpairedDifference({ ...first, size }, { ...second, size });
}

/** null where the documents are not paired, or where their scores are not right or wrong. */
export function flipsOf({ scores }: BenchmarkPair): Flips | null {
  return scores && countFlips(scores.first, scores.second);
}

export type TestName =
  | "McNemar's exact test over the same documents"
  | "Student's paired t test over the same documents"
  | "Welch's t test where documents cannot be paired";

/** What `pValueOf` tests by. */
export function testOf(pair: BenchmarkPair): TestName {
  if (!pair.scores) return "Welch's t test where documents cannot be paired";
  return flipsOf(pair)
    ? "McNemar's exact test over the same documents"
    : "Student's paired t test over the same documents";
}

/** Two-sided p-value of there being no difference: McNemar's exact test where it applies, Student's t elsewhere. */
export function pValueOf(pair: BenchmarkPair): number | null {
  const flips = flipsOf(pair);
  return flips ? mcnemarPValue(flips) : studentPValue(differenceOf(pair));
}

/** Throws a `results` error where a model lacks a figure. */
export function requiredFigure(model: ModelResults, benchmark: Benchmark): MetricResult {
  const figure = figureOf(model, benchmark);
  if (figure) return figure;
  const has = benchmarkOf(model, benchmark) ? `has no ${benchmark.metric} of` : 'has no results of';
  const shots = model.benchmarks.flatMap((each) => (each.name === benchmark.name ? (each.shots ?? []) : []));
  const prompts =
    shots.length > 0 ? ` with ${benchmark.shots} examples in the prompt, only with ${shots.join(', ')}` : '';
  throw new HonEvalError('results', `${model.name} (${model.file}) ${has} ${benchmark.name}${prompts}.`);
}

/** Throws a `results` error where they are not, or were asked otherwise. */
export function checkSameDocuments(first: Outcomes, second: Outcomes, name: string): void {
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
function checkSameSize(first: MetricResult, second: MetricResult, name: string): void {
  const sizes = [first.source.size, second.source.size];
  if (sizes.includes(null) || sizes[0] === sizes[1]) return;
  throw new HonEvalError(
    'results',
    `Cannot compare ${name}: expected the same number of documents, got ${sizes[0]} and ${sizes[1]}.`,
  );
}
