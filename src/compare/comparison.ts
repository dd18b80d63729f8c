import { HonEvalError } from '../errors.ts';
import { averageResamples, percentileInterval, resampledMeans } from '../metrics/inference/bootstrap.ts';
import {
  averageDifference,
  confidenceInterval,
  type Difference,
  detectableDifference,
  type Flips,
  holm,
  type Interval,
  studentPValue,
} from '../metrics/inference/paired.ts';
import { mean } from '../metrics/statistics.ts';
import { averaged } from '../results/averaged.ts';
import type { Benchmark } from '../results/benchmarks.ts';
import type { ModelResults } from '../results/model_results.ts';
import type { readOutcomes } from '../results/read/outcomes.ts';
import { type BenchmarkPair, differenceOf, flipsOf, pairBenchmark, pValueOf } from './pairing.ts';

/** Two models over some benchmarks. Differences are the second model's figure less the first's. */
export interface Comparison {
  first: string;
  second: string;
  confidence: number;
  benchmarks: ComparedBenchmark[];
  /** Of the plain means over the benchmarks that have an average; null where it is not of two or more. */
  average: ComparedFigures | null;
  /** Sentences on what could not be tested as it should be. */
  caveats: string[];
}

export interface ComparedFigures {
  first: number;
  second: number;
  difference: Difference;
  /** Student's t; null where the difference has no standard error. */
  interval: Interval | null;
  /** Of resampled documents; null where they are not paired. */
  bootstrap: Interval | null;
  /** Two-sided; McNemar's exact test where documents are paired and right or wrong, Student's t elsewhere. */
  pValue: number | null;
  /** The smallest difference that these documents would have shown at alpha .05 in four of five cases; null for none. */
  detectable: number | null;
}

export interface ComparedBenchmark extends ComparedFigures {
  benchmark: Benchmark;
  size: number | null;
  paired: boolean;
  flips: Flips | null;
  /** Holm's, over the benchmarks. */
  adjustedPValue: number | null;
}

export interface CompareOptions {
  confidence: number;
  /** Of the bootstrap; 0 for none. */
  resamples: number;
  seed: number;
}

/** The conventional power of a study; `alpha` goes with an interval of 95 %. */
const detection = { alpha: 0.05, power: 0.8 };

/**
 * Leaves out benchmarks on which the two models cannot be compared, and says why. Throws the first one's `results` error
 * where none is left.
 *
 * @param options `read` for samples that are needed several times
 */
export async function compareModels(
  first: ModelResults,
  second: ModelResults,
  benchmarks: readonly Benchmark[],
  options: CompareOptions & { read?: typeof readOutcomes },
): Promise<Comparison> {
  const pairs: BenchmarkPair[] = [];
  const errors: HonEvalError[] = [];
  for (const benchmark of benchmarks) {
    try {
      pairs.push(await pairBenchmark(first, second, benchmark, options.read));
    } catch (error) {
      if (!(error instanceof HonEvalError)) throw error;
      errors.push(error);
    }
  }
  if (pairs.length === 0) throw errors[0];
  const comparison = comparePairs(first.name, second.name, pairs, options);
  return { ...comparison, caveats: [...errors.map(({ message }) => `Left out: ${message}`), ...comparison.caveats] };
}

export function comparePairs(
  first: string,
  second: string,
  pairs: readonly BenchmarkPair[],
  options: CompareOptions,
): Comparison {
  const resamples = pairs.map((pair) => resample(pair, options));
  const compared = pairs.map((pair, i) => compareBenchmark(pair, resamples[i], options.confidence));
  const tested = compared.filter(({ pValue }) => pValue !== null);
  const adjusted = holm(tested.map(({ pValue }) => pValue!));
  for (const [i, benchmark] of tested.entries()) benchmark.adjustedPValue = adjusted[i];
  return {
    first,
    second,
    confidence: options.confidence,
    benchmarks: compared,
    average: compareAverages(compared, resamples, options.confidence),
    caveats: unpairedCaveats(pairs),
  };
}

/** Which benchmarks could not be paired, and for want of what. */
export function unpairedCaveats(pairs: readonly BenchmarkPair[]): string[] {
  const byReason = Map.groupBy(
    pairs.filter(({ unpaired }) => unpaired),
    ({ unpaired }) => unpaired!.withoutSamples.join(' and '),
  );
  return [...byReason].map(([models, list]) => {
    const titles = list.map(({ benchmark: { title, metric } }) => (models ? title : `${metric} of ${title}`));
    return models
      ? `Without samples of ${models} the test is unpaired, and prompts are not checked: ${titles.join(', ')}.`
      : `Unpaired, as the figure is not a mean over documents: ${titles.join(', ')}.`;
  });
}

/** Means of resampled documents' differences. Each benchmark has a stream of its own, whatever others there are. */
function resample({ benchmark, scores }: BenchmarkPair, { resamples, seed }: CompareOptions): Float64Array | null {
  if (!scores || resamples === 0) return null;
  const differences = scores.second.map((score, i) => score - scores.first[i]);
  return resampledMeans(differences, resamples, `${seed}/${benchmark.name}`);
}

function compareBenchmark(pair: BenchmarkPair, resamples: Float64Array | null, confidence: number): ComparedBenchmark {
  const difference = differenceOf(pair);
  const { benchmark, first, second, size, scores } = pair;
  const flips = flipsOf(pair);
  return {
    benchmark,
    size,
    paired: scores !== null,
    first: first.value,
    second: second.value,
    difference,
    interval: confidenceInterval(difference, confidence),
    bootstrap: resamples && percentileInterval(resamples, confidence),
    pValue: pValueOf(pair),
    adjustedPValue: null,
    flips,
    detectable: detectable(difference, flips ? (size ?? undefined) : undefined),
  };
}

function compareAverages(
  compared: readonly ComparedBenchmark[],
  resamples: readonly (Float64Array | null)[],
  confidence: number,
): ComparedFigures | null {
  const benchmarks = averaged(compared.map(({ benchmark }) => benchmark));
  if (benchmarks.length === 0) return null;
  const members = [...compared.keys()].filter((i) => benchmarks.includes(compared[i].benchmark));
  const parts = members.map((i) => compared[i]);
  const difference = averageDifference(parts.map((benchmark) => benchmark.difference));
  const complete = members.flatMap((i) => resamples[i] ?? []);
  return {
    first: mean(parts.map(({ first }) => first)),
    second: mean(parts.map(({ second }) => second)),
    difference,
    interval: confidenceInterval(difference, confidence),
    bootstrap: complete.length === members.length ? percentileInterval(averageResamples(complete), confidence) : null,
    pValue: studentPValue(difference),
    detectable: detectable(difference),
  };
}

/** Accuracies of so few documents that not even a difference of 1 could be significant have none. */
function detectable({ stderr }: Difference, flippable?: number): number | null {
  if (stderr === null) return null;
  const difference = detectableDifference(stderr, detection, flippable);
  return flippable !== undefined && difference > 1 ? null : difference;
}
