import { HonEvalError } from '../errors.ts';
import { mean, sum } from '../metrics/statistics.ts';
import { type Benchmark, benchmarkOf, selectBenchmarks } from '../results/benchmarks.ts';
import type { ModelResults } from '../results/model_results.ts';
import { readResults } from '../results/read/read.ts';
import { differenceOf, pairBenchmark } from './pairing.ts';

/** How well each metric of a benchmark tells two models apart. */
export interface SignalComparison {
  first: string;
  second: string;
  /** Results of each side: several are seeds, or steps, of one model. */
  counts: [first: number, second: number];
  /** What noise is: the spread over seeds or steps, or, of one result a side, the standard error over documents. */
  noise: 'runs' | 'documents';
  benchmarks: { benchmark: Pick<Benchmark, 'name' | 'title'>; metrics: MetricSignal[] }[];
  /** Sentences on what could not be told. */
  notices: string[];
}

export interface MetricSignal {
  metric: string;
  higherIsBetter: boolean;
  /** Means over the results of a side. */
  first: number;
  second: number;
  /** Of the difference; null where nothing tells. */
  noise: number | null;
  /** |difference| / noise; null as above, and Infinity without noise. */
  signalToNoise: number | null;
}

/**
 * Signal to noise of every metric that both sides have, the clearest first (Heineman et al. 2025, arXiv:2508.13144). With
 * several results on a side noise is their pooled standard deviation, over seeds or steps; otherwise it is the standard
 * error of the difference over documents.
 *
 * @param tasks benchmarks and groups of them; those that both sides have if left out
 */
export async function compareSignals(
  firstPlace: string,
  secondPlace: string,
  tasks?: readonly string[],
): Promise<SignalComparison> {
  const sides = [await readResults([firstPlace]), await readResults([secondPlace])];
  const [first, second] = sides.map(({ models }) => models);
  const noise = first.length > 1 || second.length > 1 ? 'runs' : 'documents';
  const benchmarks: SignalComparison['benchmarks'] = [];
  const problems = new Set<string>();
  for (const [name, title] of await commonBenchmarks(first, second, tasks)) {
    const metrics: MetricSignal[] = [];
    for (const benchmark of await metricsOf(name, first, second))
      try {
        metrics.push(await signalOf(benchmark, first, second, noise));
      } catch (error) {
        if (!(error instanceof HonEvalError)) throw error;
        problems.add(error.message);
      }
    metrics.sort((a, b) => (b.signalToNoise ?? -1) - (a.signalToNoise ?? -1));
    if (metrics.length > 0) benchmarks.push({ benchmark: { name, title }, metrics });
  }
  if (benchmarks.length === 0)
    throw new HonEvalError(
      'results',
      [...problems][0] ?? `${firstPlace} and ${secondPlace} have no benchmark in common.`,
    );
  return {
    first: sideName(firstPlace, first),
    second: sideName(secondPlace, second),
    counts: [first.length, second.length],
    noise,
    benchmarks,
    notices: [...sides.flatMap(({ notices }) => notices), ...problems],
  };
}

function sideName(place: string, models: readonly ModelResults[]): string {
  return models.length === 1 ? models[0].name : `${models.length} results in ${place}`;
}

/** Names of benchmarks that all results of both sides have, with their titles. */
async function commonBenchmarks(
  first: readonly ModelResults[],
  second: readonly ModelResults[],
  tasks: readonly string[] | undefined,
): Promise<[name: string, title: string][]> {
  const all = await selectBenchmarks([...first, ...second], 'customary', tasks);
  const common = all.filter((benchmark) => [...first, ...second].every((model) => benchmarkOf(model, benchmark)));
  return [...new Map(common.map(({ name, title }) => [name, title]))];
}

/** A benchmark with each metric that all results of both sides have. */
async function metricsOf(
  name: string,
  first: readonly ModelResults[],
  second: readonly ModelResults[],
): Promise<Benchmark[]> {
  const models = [...first, ...second];
  const isKnown = (metric: string) => benchmarkOf(models[0], { name, shots: null })?.figures.get(metric)?.range;
  const all = models.flatMap((model) => [...(benchmarkOf(model, { name, shots: null })?.figures.keys() ?? [])]);
  const shared = [...new Set(all)].filter(
    (metric) => isKnown(metric) && all.filter((each) => each === metric).length === models.length,
  );
  const selected: Benchmark[] = [];
  for (const metric of shared) selected.push(...(await selectBenchmarks(models, metric, [name])));
  return selected;
}

async function signalOf(
  benchmark: Benchmark,
  first: readonly ModelResults[],
  second: readonly ModelResults[],
  noise: SignalComparison['noise'],
): Promise<MetricSignal> {
  const pair = await pairBenchmark(first[0], { ...second[0], name: `${second[0].name} (second)` }, benchmark);
  const values = [first, second].map((models) =>
    models.map((model) => benchmarkOf(model, benchmark)!.figures.get(benchmark.metric)!.value),
  );
  const [a, b] = values.map(mean);
  const spread = noise === 'runs' ? pooledDeviation(values) : differenceOf(pair).stderr;
  const difference = Math.abs(b - a);
  return {
    metric: benchmark.metric,
    higherIsBetter: benchmark.higherIsBetter,
    first: a,
    second: b,
    noise: spread,
    signalToNoise: spread === null ? null : spread === 0 && difference === 0 ? 0 : difference / spread,
  };
}

/** Standard deviation within the sides, of those with several results. */
function pooledDeviation(sides: readonly (readonly number[])[]): number | null {
  const freedom = sum(sides.map((values) => values.length - 1));
  if (freedom === 0) return null;
  const squares = sides.flatMap((values) => values.map((value) => (value - mean(values)) ** 2));
  return Math.sqrt(sum(squares) / freedom);
}
