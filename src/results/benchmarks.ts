import { HonEvalError } from '../errors.ts';
import { loadTasks } from '../harness/task/registry.ts';
import type { Task } from '../harness/task/task.ts';
import { factsOf } from '../metrics/facts.ts';
import type { MetricFacts } from '../metrics/metric.ts';
import { nearest } from '../nearest.ts';
import type { BenchmarkResults, MetricResult, ModelResults } from './model_results.ts';

/** A benchmark that some results share, with one metric, as it is shown. */
export interface Benchmark {
  /** lm-evaluation-harness's name of the task. */
  name: string;
  /** Examples in the prompt; null where no results tell. */
  shots: number | null;
  /** Says shots and metric too where they are what tells two columns apart. */
  title: string;
  /** The metric that counts. */
  metric: string;
  higherIsBetter: boolean;
  unit: MetricFacts['unit'];
  /** Whether its rows must not stand in clear text where a crawler may find them, as GPQA's authors ask. */
  confidential: boolean;
}

/** What `--metric` takes for each benchmark's own metric. */
export const customary = 'customary';

/**
 * The benchmarks of some results, the project's own first and in their order, so that tables have the paper's columns.
 * One with several numbers of examples in its prompts is one for each of them; one whose answers were both chosen and
 * written is two. Throws a `usage` error for names and metrics that no results have.
 *
 * @param metric a metric, or `customary`
 * @param names benchmarks and groups; empty for all benchmarks
 * @param fold what is shown in the place of all benchmarks, or of those under a heading
 */
export async function selectBenchmarks(
  models: readonly ModelResults[],
  metric: string,
  names: readonly string[] = [],
  fold: (names: readonly string[]) => readonly string[] = (all) => all,
): Promise<Benchmark[]> {
  const tasks = await loadTasks();
  if (metric !== customary) checkMetric(models, metric);
  const order = new Map(tasks.map((task, i) => [task.name, i]));
  const rank = (name: string) => order.get(name) ?? tasks.length;
  const present = unique(models.flatMap(({ benchmarks }) => benchmarks.map(({ name }) => name))).sort(
    (a, b) => rank(a) - rank(b),
  );
  const members = (name: string) => tasks.filter((task) => task.groups.includes(name)).map((task) => task.name);
  const selected =
    names.length === 0 ? fold(present) : unique(names.flatMap((name) => named(name, fold(members(name)), models)));
  return selected.flatMap((name) => variants(name, models, metric, tasks));
}

/** A benchmark by number of examples in its prompts and by metric. */
function variants(name: string, models: readonly ModelResults[], metric: string, tasks: readonly Task[]): Benchmark[] {
  const task = tasks.find((each) => each.name === name);
  const results = models.flatMap((model) => allOf(model).filter((each) => each.name === name));
  const known = unique(results.flatMap(({ shots }) => shots ?? [])).sort((a, b) => a - b);
  const confidential = isConfidential(name, results, tasks);
  const columns = (known.length > 0 ? known : [null]).flatMap((shots) => {
    const matching = results.filter((each) => each.shots === shots || each.shots === null);
    const shown = metric === customary ? customaryMetrics(matching, task?.headline) : [metric];
    return shown.map((each) => ({ name, shots, metric: each, ...factsIn(matching, each), confidential }));
  });
  const several = (key: 'shots' | 'metric') => new Set(columns.map((column) => column[key])).size > 1;
  return columns.map((column) => ({
    ...column,
    title: [
      task?.title ?? results.flatMap(({ figures }) => [...figures.values()][0]?.source.title ?? [])[0] ?? name,
      ...(several('shots') ? [`${column.shots}-shot`] : []),
      ...(several('metric') ? [column.metric] : []),
    ].join(' '),
  }));
}

/** As the files say, or as they name it: a confidential task, a variant of one (`gpqa_main_n_shot`), or its data set. */
function isConfidential(name: string, results: readonly BenchmarkResults[], tasks: readonly Task[]): boolean {
  const sources = results.flatMap(({ figures }) => [...figures.values()].map(({ source }) => source));
  const known = tasks.filter((task) => task.confidential);
  return (
    sources.some((source) => source.confidential) ||
    known.some((task) => name === task.name || name.startsWith(`${task.name}_`)) ||
    known.some(({ dataset }) => dataset !== undefined && sources.some((source) => source.dataset === dataset.repo))
  );
}

function factsIn(results: readonly BenchmarkResults[], metric: string): Pick<MetricResult, 'higherIsBetter' | 'unit'> {
  const figure = results.flatMap(({ figures }) => figures.get(metric) ?? [])[0];
  const { higherIsBetter, unit } = figure ?? factsOf(metric) ?? { higherIsBetter: true, unit: null };
  return { higherIsBetter, unit };
}

/** Benchmarks, and groups that lm-evaluation-harness aggregated. */
function allOf({ benchmarks, groups }: ModelResults): BenchmarkResults[] {
  return [...benchmarks, ...groups];
}

/** A model's results of a benchmark or group. Those that do not tell their number of examples count for any. */
export function benchmarkOf(
  model: ModelResults,
  { name, shots }: Pick<Benchmark, 'name' | 'shots'>,
): BenchmarkResults | undefined {
  const all = allOf(model).filter((each) => each.name === name);
  return all.find((each) => each.shots === shots) ?? all.find((each) => shots === null || each.shots === null);
}

/**
 * The figure of a model; null where its results do not have it. Throws a `results` error for one that cannot be: not
 * finite, outside the metric's range, or with a standard error below 0.
 */
export function figureOf(model: ModelResults, benchmark: Benchmark): MetricResult | null {
  const { name, metric } = benchmark;
  const figure = benchmarkOf(model, benchmark)?.figures.get(metric);
  if (!figure) return null;
  const { value, stderr, range, source } = figure;
  const [least, greatest] = range ?? [-Infinity, Infinity];
  if (!Number.isFinite(value)) throw impossible(source.file, `a finite ${metric} of ${name}`, value);
  if (value < least || value > greatest) {
    const bounds = greatest === Infinity ? `${least} or more` : `from ${least} to ${greatest}`;
    throw impossible(source.file, `${metric} of ${name} to be ${bounds}`, value);
  }
  if (stderr !== null && stderr < 0)
    throw impossible(source.file, `the standard error of ${metric} of ${name} to be 0 or more`, stderr);
  return figure;
}

function impossible(file: string, expected: string, came: number): HonEvalError {
  return new HonEvalError(
    'results',
    `${file}: expected ${expected}, got ${came}; score the model again, or leave the benchmark out with --tasks.`,
  );
}

function named(name: string, members: readonly string[], models: readonly ModelResults[]): string[] {
  const known = unique(models.flatMap((model) => allOf(model).map((each) => each.name)));
  if (known.includes(name)) return [name];
  const present = members.filter((member) => known.includes(member));
  if (present.length > 0) return present;
  throw new HonEvalError('usage', `The results have no benchmark or group named "${name}"; ${advice(name, known)}`);
}

function checkMetric(models: readonly ModelResults[], metric: string): void {
  const known = unique(models.flatMap((model) => allOf(model).flatMap(({ figures }) => [...figures.keys()])));
  if (!known.includes(metric))
    throw new HonEvalError('usage', `The results have no metric named "${metric}"; ${advice(metric, known)}`);
}

function advice(name: string, known: readonly string[]): string {
  const guess = nearest(name, [...known]);
  return guess ? `did you mean ${guess}?` : `they have ${known.slice(0, 20).join(', ')}.`;
}

/** Of what the model chose and of what it wrote: the task's own metric, or what the files name; else an accuracy. */
function customaryMetrics(results: readonly BenchmarkResults[], headline: string | undefined): string[] {
  const figures = results.flatMap((result) => [...result.figures].map(([metric, { source }]) => ({ metric, source })));
  return [...Map.groupBy(figures, ({ source }) => source.written).values()].map((same) => {
    const stated = same.flatMap(({ source }) => source.headline ?? []);
    const candidates = [...(headline ? [headline] : []), ...stated, 'acc', 'exact_match'];
    return candidates.find((candidate) => same.some(({ metric }) => metric === candidate)) ?? same[0].metric;
  });
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
