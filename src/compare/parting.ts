import { HonEvalError } from '../errors.ts';
import { onlineFallback } from '../metrics/inference/online_fallback.ts';
import { averageDifference, type Difference, studentPValue } from '../metrics/inference/paired.ts';
import { averaged } from '../results/averaged.ts';
import type { Benchmark } from '../results/benchmarks.ts';
import type { ModelResults } from '../results/model_results.ts';
import type { TrainingRun } from '../results/steps.ts';
import { differenceOf, pairBenchmark, pValueOf } from './pairing.ts';

/** Where a training run parts from another one. */
export interface Parting {
  run: string;
  /** null for the average over those that an average is over. */
  benchmark: Benchmark | null;
  /** Steps at which both were tested. */
  looks: number;
  /** The first step from which they differ significantly at every step to the last; null where they do not at the last. */
  step: number | null;
}

export interface Partings {
  baseline: string;
  alpha: number;
  /** Of every other run: the average first where there is one, then each benchmark. */
  partings: Parting[];
  /** Sentences on what could not be tested. */
  notices: string[];
}

/**
 * Tests every other run against one at each step that both have: McNemar's exact test over the same documents, Student's
 * t for scores that are not right or wrong and for averages. Each benchmark's looks, over the steps, together have `alpha`
 * (`onlineFallback`): the answer stays valid however often it is asked for while the runs go on. It is not corrected for
 * the number of benchmarks. Throws a `usage` error where no run has the baseline's name.
 */
export async function findPartings(
  runs: readonly TrainingRun[],
  baselineName: string,
  benchmarks: readonly Benchmark[],
  alpha: number,
): Promise<Partings> {
  const baseline = findRun(runs, baselineName);
  const notices = new Set<string>();
  const partings: Parting[] = [];
  for (const run of runs) {
    if (run === baseline) continue;
    const shared = sharedSteps(baseline, run);
    if (shared.length === 0) notices.add(`${run.name} and ${baseline.name} have no step in common to be tested at.`);
    const tested = await Promise.all(benchmarks.map((benchmark) => testSteps(shared, benchmark, notices)));
    const members = averaged(benchmarks).map((benchmark) => tested[benchmarks.indexOf(benchmark)]);
    const average = members.length > 0 ? [averageTests(members)] : [];
    for (const [i, tests] of [...average, ...tested].entries()) {
      const benchmark = benchmarks[i - average.length] ?? null;
      partings.push({ run: run.name, benchmark, ...partingOf(tests, alpha) });
    }
  }
  return { baseline: baseline.name, alpha, partings, notices: [...notices] };
}

/** How it was tested, for captions and notes. */
export function partingTest({ alpha }: Pick<Partings, 'alpha'>): string {
  return `tested over the same documents at ${alpha} for all looks together (online fallback, arXiv:1910.04900)`;
}

function findRun(runs: readonly TrainingRun[], name: string): TrainingRun {
  const matching = runs.filter((run) => run.name === name || run.name.endsWith(`/${name}`));
  if (matching.length === 1) return matching[0];
  const names = runs.map((run) => run.name).join(', ') || 'none';
  throw new HonEvalError(
    'usage',
    `Expected --baseline to name one training run of the results (${names}), got ${name}.`,
  );
}

interface SharedStep {
  step: number;
  first: ModelResults;
  second: ModelResults;
}

function sharedSteps(first: TrainingRun, second: TrainingRun): SharedStep[] {
  const models = new Map(first.checkpoints.map(({ step, model }) => [step, model]));
  return second.checkpoints.flatMap(({ step, model }) => {
    const other = models.get(step);
    return other ? [{ step, first: other, second: model }] : [];
  });
}

interface StepTest {
  step: number;
  pValue: number;
  difference: Difference;
}

async function testSteps(
  steps: readonly SharedStep[],
  benchmark: Benchmark,
  notices: Set<string>,
): Promise<StepTest[]> {
  const tests: StepTest[] = [];
  for (const { step, first, second } of steps) {
    try {
      const pair = await pairBenchmark(first, second, benchmark);
      const pValue = pValueOf(pair);
      if (pValue !== null) tests.push({ step, pValue, difference: differenceOf(pair) });
      if (pair.unpaired) notices.add(`${benchmark.title}: tested unpaired where a checkpoint has no samples to pair.`);
    } catch (error) {
      if (!(error instanceof HonEvalError)) throw error;
      notices.add(`Not tested: ${error.message}`);
    }
  }
  return tests;
}

/** At the steps at which every benchmark was tested. */
function averageTests(benchmarks: readonly StepTest[][]): StepTest[] {
  return benchmarks[0].flatMap(({ step }) => {
    const parts = benchmarks.flatMap((tests) => tests.find((test) => test.step === step)?.difference ?? []);
    if (parts.length < benchmarks.length) return [];
    const difference = averageDifference(parts);
    const pValue = studentPValue(difference);
    return pValue === null ? [] : [{ step, pValue, difference }];
  });
}

/** "They differ" is said of a step where the difference goes the way that it goes at the last. */
function partingOf(tests: readonly StepTest[], alpha: number): Pick<Parting, 'looks' | 'step'> {
  const rejected = onlineFallback(
    tests.map(({ pValue }) => pValue),
    alpha,
  );
  const way = Math.sign(tests.at(-1)?.difference.value ?? 0);
  const holds = tests.map(({ difference }, i) => rejected[i] && Math.sign(difference.value) === way);
  const first = holds.lastIndexOf(false) + 1;
  return { looks: tests.length, step: tests[first]?.step ?? null };
}
