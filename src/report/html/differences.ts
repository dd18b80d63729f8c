import { type ComparedBenchmark, type ComparedFigures, compareModels } from '../../compare/comparison.ts';
import { HonEvalError } from '../../errors.ts';
import type { Benchmark } from '../../results/benchmarks.ts';
import type { readOutcomes } from '../../results/read/outcomes.ts';
import type { ReportData } from '../report_data.ts';

/** How much more one model scores than another one on a benchmark, or on the average of them. */
export interface PageDifference {
  /** Indices; the difference is the second model's figure less the first's. */
  first: number;
  second: number;
  /** Index; null for the average. */
  benchmark: number | null;
  value: number;
  /** 95%; null where it is not defined, and so is the p-value. */
  interval: [low: number, high: number] | null;
  /** Holm's over the benchmarks; the average's own. */
  pValue: number | null;
  /** Documents that only the second model has right, and only the first; null where they are not right or wrong, or not paired. */
  flips: [gained: number, lost: number] | null;
  paired: boolean;
}

/** Every two models against each other, as `compare` does. @param read for samples that are read already */
export async function pairwiseDifferences(
  { models, benchmarks }: Pick<ReportData, 'models' | 'benchmarks'>,
  read: typeof readOutcomes,
): Promise<PageDifference[]> {
  const differences: PageDifference[] = [];
  for (const [second, { results: other }] of models.entries()) {
    for (const [first, { results: baseline }] of models.slice(0, second).entries()) {
      const comparison = await compareIfPossible(() =>
        compareModels(baseline, other, benchmarks, { confidence: 0.95, resamples: 0, seed: 0, read }),
      );
      if (!comparison) continue;
      const at = { first, second };
      if (comparison.average) differences.push({ ...at, benchmark: null, ...figures(comparison.average), flips: null });
      for (const each of comparison.benchmarks) differences.push({ ...at, ...ofBenchmark(each, benchmarks) });
    }
  }
  return differences;
}

/** null for models that have no benchmark in common, or that were asked differently in all. */
async function compareIfPossible<T>(compare: () => Promise<T>): Promise<T | null> {
  try {
    return await compare();
  } catch (error) {
    if (error instanceof HonEvalError) return null;
    throw error;
  }
}

function ofBenchmark(compared: ComparedBenchmark, benchmarks: readonly Benchmark[]) {
  const { benchmark, flips, paired, adjustedPValue } = compared;
  return {
    benchmark: benchmarks.indexOf(benchmark),
    ...figures(compared),
    pValue: adjustedPValue,
    flips: flips && ([flips.gained, flips.lost] as [number, number]),
    paired,
  };
}

function figures({ difference, interval, pValue }: ComparedFigures) {
  return { value: difference.value, interval, pValue, paired: true };
}
