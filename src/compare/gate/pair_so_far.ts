import { mean } from '../../metrics/statistics.ts';
import type { Benchmark } from '../../results/benchmarks.ts';
import type { MetricResult } from '../../results/model_results.ts';
import type { BenchmarkPair } from '../pairing.ts';

/** Two models on the documents of a benchmark that are there so far. @param figure What both models' figures are. */
export function pairSoFar(
  benchmark: Benchmark,
  figure: MetricResult,
  scores: { first: number[]; second: number[] },
): BenchmarkPair {
  const of = (values: readonly number[]) => ({ ...figure, value: mean(values), stderr: null });
  return {
    benchmark,
    first: of(scores.first),
    second: of(scores.second),
    size: scores.first.length,
    scores,
    unpaired: null,
  };
}
