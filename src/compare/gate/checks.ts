import { normalQuantile } from '../../metrics/inference/distributions.ts';
import {
  adjustedDifference,
  type MarginTest,
  testMargin,
  testPairedMargin,
} from '../../metrics/inference/non_inferiority.ts';
import {
  averageDifference,
  confidenceInterval,
  type Difference,
  holm,
  type Interval,
} from '../../metrics/inference/paired.ts';
import { mean, sum } from '../../metrics/statistics.ts';
import { averaged } from '../../results/averaged.ts';
import type { Benchmark } from '../../results/benchmarks.ts';
import type { MetricResult } from '../../results/model_results.ts';
import { type BenchmarkPair, differenceOf, flipsOf } from '../pairing.ts';
import type { GateConfig } from './config.ts';
import { type Look, onlyLook } from './looks.ts';
import type { GateCheck } from './verdict.ts';

/**
 * The checks of all margins and floors. Regressions are Holm-corrected over the margins, so that a candidate as good as
 * its baseline is stopped with probability alpha at most; a pass has to hold for every margin, and needs no correction.
 */
export function judgePairs(
  pairs: readonly BenchmarkPair[],
  config: GateConfig,
  { overall, look = onlyLook }: { overall: boolean; look?: Look },
): GateCheck[] {
  const tested = [...pairs.map((pair) => testBenchmark(pair, config)), ...(overall ? [testOverall(pairs, config)] : [])]
    .filter((each) => each !== null)
    .map((each) => ({ ...each, test: each.test && look.adjust(each.benchmark.name, each.test, each.identical) }));
  const adjusted = holm(tested.map(({ test }) => test?.worse ?? 1));
  const margins = tested.map((each, i) => judgeMargin(each, adjusted[i], config.alpha, look));
  const floors = pairs.map(({ benchmark, second }) =>
    judgeFloor(benchmark, [second], config.benchmarks[benchmark.name]?.floor, look),
  );
  const members = averagedPairs(pairs);
  const candidates = members.map(({ second }) => second);
  const overallFloor =
    overall && members.length > 0 ? judgeFloor(overallOf(members), candidates, config.overall.floor, look) : null;
  return [...margins, ...[...floors, overallFloor].filter((check) => check !== null)];
}

interface Tested {
  benchmark: Pick<Benchmark, 'name' | 'title' | 'higherIsBetter'> & { metric: string | null };
  baseline: number;
  candidate: number;
  size: number | null;
  margin: number;
  /** In the direction of what is better. */
  difference: Difference;
  /** null where the difference has no standard error. */
  test: MarginTest | null;
  /** Whether the two models have the same documents right. */
  identical: boolean;
}

function testBenchmark(pair: BenchmarkPair, config: GateConfig): Tested | null {
  const { benchmark, first, second, size } = pair;
  const own = config.benchmarks[benchmark.name]?.margin;
  const margin = own === undefined ? config.margin : own;
  if (margin === null) return null;
  const flips = flipsOf(pair);
  const difference = improvementOf(pair);
  return {
    benchmark,
    baseline: first.value,
    candidate: second.value,
    size,
    margin,
    difference,
    test: flips ? testPairedMargin(flips, size!, margin) : testMargin(difference, margin),
    identical: isIdentical(pair),
  };
}

function testOverall(pairs: readonly BenchmarkPair[], { overall: { margin } }: GateConfig): Tested | null {
  const members = averagedPairs(pairs);
  if (margin === null || members.length < 2) return null;
  const difference = averageDifference(members.map(improvementOf));
  const sizes = members.map(({ size }) => size);
  return {
    benchmark: overallOf(members),
    baseline: mean(members.map(({ first }) => first.value)),
    candidate: mean(members.map(({ second }) => second.value)),
    size: sizes.every((size) => size !== null) ? sum(sizes) : null,
    margin,
    difference,
    test: testMargin(difference, margin),
    identical: members.every(isIdentical),
  };
}

function isIdentical({ scores }: BenchmarkPair): boolean {
  return scores?.first.every((score, i) => score === scores.second[i]) ?? false;
}

function overallOf([{ benchmark }]: readonly BenchmarkPair[]): Tested['benchmark'] {
  return { name: 'overall', title: 'Overall', metric: null, higherIsBetter: benchmark.higherIsBetter };
}

/** Perplexities and the like have no place in a mean of accuracies. */
function averagedPairs(pairs: readonly BenchmarkPair[]): BenchmarkPair[] {
  const members = averaged(pairs.map(({ benchmark }) => benchmark));
  if (members.length === 0) return pairs.filter(({ benchmark }) => benchmark.unit === 'accuracy');
  return pairs.filter(({ benchmark }) => members.includes(benchmark));
}

/** How much better the candidate is, whichever way the metric points. */
function improvementOf(pair: BenchmarkPair): Difference {
  const flips = flipsOf(pair);
  if (flips) return adjustedDifference(flips, pair.size!);
  const { value, ...spread } = differenceOf(pair);
  return { value: pair.benchmark.higherIsBetter ? value : -value, ...spread };
}

function judgeMargin(tested: Tested, pValue: number, alpha: number, look: Look): GateCheck {
  const { benchmark, baseline, candidate, size, margin, difference, test, identical } = tested;
  const regression = test !== null && pValue <= alpha;
  const passes = (identical && look.share === 1) || (test !== null && test.notWorse <= alpha);
  const verdict = regression ? 'regression' : passes ? 'pass' : 'undecided';
  const interval = confidenceInterval(difference, 1 - 2 * look.level(alpha));
  const { name, title, metric, higherIsBetter } = benchmark;
  const figures = { baseline, candidate, limit: margin, size, interval };
  const check = { name, title, metric, higherIsBetter, kind: 'margin' as const, verdict, ...figures };
  const message = { pass: () => null, regression: worseMessage, undecided: undecidedMessage }[verdict];
  return { ...check, verdict, pValue: test && pValue, message: message(tested, interval, alpha) };
}

/** Before all documents are there, by what those that are to come can make of the mean of the candidate's figures. */
function judgeFloor(
  { name, title, metric, higherIsBetter }: Tested['benchmark'],
  figures: readonly MetricResult[],
  floor: number | undefined,
  { share }: Look,
): GateCheck | null {
  if (floor === undefined) return null;
  const candidate = mean(figures.map(({ value }) => value));
  const ends = [0, 1].map((end) =>
    mean(figures.map(({ value, range }) => (share === 1 ? value : share * value + (1 - share) * boundOf(range, end)))),
  );
  const fails = (value: number) => (higherIsBetter ? value < floor : value > floor);
  const verdict = ends.every(fails) ? 'regression' : ends.some(fails) ? 'undecided' : 'pass';
  const side = higherIsBetter ? 'below the floor' : 'above the limit';
  const message = {
    pass: null,
    undecided: `${round(candidate)} so far: the other documents decide.`,
    regression: `${round(candidate)} is ${side} of ${round(floor)}.`,
  }[verdict];
  const none = { baseline: null, size: null, interval: null, pValue: null };
  return { name, title, metric, higherIsBetter, kind: 'floor', verdict, ...none, candidate, limit: floor, message };
}

/** The least or the greatest figure of a document. */
function boundOf(range: MetricResult['range'], end: number): number {
  return (range ?? [-Infinity, Infinity])[end];
}

function worseMessage({ margin, baseline, candidate }: Tested, interval: Interval | null): string {
  const change = `${round(candidate)} after ${round(baseline)}`;
  const least = interval ? `, worse by at least ${round(-interval[1])}` : '';
  return `${change}${least}, where the margin is ${round(margin)}.`;
}

function undecidedMessage(
  { benchmark, margin, difference, size }: Tested,
  interval: Interval | null,
  alpha: number,
): string {
  if (!interval || difference.stderr === null) {
    if (size !== null && size < 2) return 'Too few documents for a standard error.';
    return `The results have no standard error of ${benchmark.metric ?? 'the mean'}: nothing can be tested.`;
  }
  const range = `The difference lies between ${round(interval[0])} and ${round(interval[1])}`;
  const problem = `${range}: too few documents to show that it is within the margin of ${round(margin)}`;
  if (size === null || margin === 0) return `${problem}.`;
  // For a candidate as good as its baseline to pass in four of five cases.
  const needed = size * (((normalQuantile(1 - alpha) + normalQuantile(0.8)) * difference.stderr) / margin) ** 2;
  return needed > size ? `${problem}; about ${Number(needed.toPrecision(2))} would do.` : `${problem}.`;
}

function round(value: number): string {
  return value.toFixed(3);
}
