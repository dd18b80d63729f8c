import { averageResamples, percentileInterval, resampledMeans } from '../metrics/bootstrap.ts';
import {
  averageDifference,
  confidenceInterval,
  type Difference,
  detectableDifference,
  type Flips,
  holm,
  type Interval,
  studentPValue,
} from '../metrics/paired.ts';
import { mean } from '../metrics/statistics.ts';
import type { Benchmark } from '../results/benchmarks.ts';
import type { ModelResults } from '../results/model_results.ts';
import { type BenchmarkPair, differenceOf, flipsOf, pairBenchmark, pValueOf } from './pairing.ts';

/** Two models over some benchmarks. Differences are the second model's figure less the first's. */
export interface Comparison {
  first: string;
  second: string;
  confidence: number;
  benchmarks: ComparedBenchmark[];
  /** Of the plain means over the benchmarks; null for a single one. */
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
  /** Of the bootstrap. */
  resamples: number;
  seed: number;
}

/** The conventional power of a study; `alpha` goes with an interval of 95 %. */
const detection = { alpha: 0.05, power: 0.8 };

/** Throws a `results` error where the two models cannot be compared on one of the benchmarks. */
export async function compareModels(
  first: ModelResults,
  second: ModelResults,
  benchmarks: readonly Benchmark[],
  options: CompareOptions,
): Promise<Comparison> {
  const pairs: BenchmarkPair[] = [];
  for (const benchmark of benchmarks) pairs.push(await pairBenchmark(first, second, benchmark));
  return comparePairs(first.name, second.name, pairs, options);
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
    average: compared.length > 1 ? compareAverages(compared, resamples, options.confidence) : null,
    caveats: unpairedCaveats(pairs),
  };
}

/** Which benchmarks could not be paired for want of samples. */
export function unpairedCaveats(pairs: readonly BenchmarkPair[]): string[] {
  const unpaired = pairs.filter(({ withoutSamples }) => withoutSamples.length > 0);
  const byModels = Map.groupBy(unpaired, ({ withoutSamples }) => withoutSamples.join(' and '));
  return [...byModels].map(([models, list]) => {
    const titles = list.map(({ benchmark }) => benchmark.title).join(', ');
    return `Without samples of ${models} the test is unpaired, and prompts are not checked: ${titles}.`;
  });
}

/** Means of resampled documents' differences. Each benchmark has a stream of its own, whatever others there are. */
function resample({ benchmark, scores }: BenchmarkPair, { resamples, seed }: CompareOptions): Float64Array | null {
  if (!scores) return null;
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
): ComparedFigures {
  const difference = averageDifference(compared.map((benchmark) => benchmark.difference));
  const complete = resamples.filter((means) => means !== null);
  return {
    first: mean(compared.map(({ first }) => first)),
    second: mean(compared.map(({ second }) => second)),
    difference,
    interval: confidenceInterval(difference, confidence),
    bootstrap: complete.length === resamples.length ? percentileInterval(averageResamples(complete), confidence) : null,
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
