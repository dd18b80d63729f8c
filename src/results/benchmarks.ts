import { HonEvalError } from '../errors.ts';
import { nearest } from '../harness/task/nearest.ts';
import { loadTasks } from '../harness/task/registry.ts';
import type { BenchmarkResults, MetricResult, ModelResults } from './model_results.ts';

/** A benchmark that some results share, as it is shown. */
export interface Benchmark {
  /** lm-evaluation-harness's name of the task. */
  name: string;
  title: string;
  /** The metric that counts. */
  metric: string;
  higherIsBetter: boolean;
}

/** What `--metric` takes for each benchmark's own metric. */
export const customary = 'customary';

/**
 * The benchmarks of some results, the project's own first and in their order, so that tables have the paper's columns.
 *
 * @param metric a metric, or `customary`
 * @param names benchmarks and groups; empty for all benchmarks. Throws a `usage` error for one that no results have.
 */
export async function selectBenchmarks(
  models: readonly ModelResults[],
  metric: string,
  names: readonly string[] = [],
): Promise<Benchmark[]> {
  const tasks = await loadTasks();
  const order = new Map(tasks.map((task, i) => [task.name, i]));
  const rank = (name: string) => order.get(name) ?? tasks.length;
  const present = unique(models.flatMap(({ benchmarks }) => benchmarks.map(({ name }) => name))).sort(
    (a, b) => rank(a) - rank(b),
  );
  const members = (name: string) => tasks.filter((task) => task.groups.includes(name)).map((task) => task.name);
  const selected = names.length === 0 ? present : unique(names.flatMap((name) => named(name, members(name), models)));
  return selected.map((name) => {
    const task = tasks[rank(name)];
    const results = models.flatMap((model) => benchmarkOf(model, name) ?? []);
    const shown = metric === customary ? customaryMetric(results, task?.headline) : metric;
    const higherIsBetter = results.every(({ figures }) => figures.get(shown)?.higherIsBetter ?? true);
    return { name, title: task?.title ?? name, metric: shown, higherIsBetter };
  });
}

/** A benchmark, or a group that lm-evaluation-harness aggregated. */
export function benchmarkOf(model: ModelResults, name: string): BenchmarkResults | undefined {
  return [...model.benchmarks, ...model.groups].find((benchmark) => benchmark.name === name);
}

/**
 * The figure of a model; null where its results do not have it. Throws a `results` error for one that is not finite.
 */
export function figureOf(model: ModelResults, { name, metric }: Benchmark): MetricResult | null {
  const figure = benchmarkOf(model, name)?.figures.get(metric);
  if (!figure) return null;
  if (Number.isFinite(figure.value)) return figure;
  throw new HonEvalError(
    'results',
    `${model.file}: expected a finite ${metric} of ${name}, got ${figure.value}; score the model again, or leave the ` +
      'benchmark out with --tasks.',
  );
}

function named(name: string, members: readonly string[], models: readonly ModelResults[]): string[] {
  const has = (benchmark: string) => models.some((model) => benchmarkOf(model, benchmark));
  if (has(name)) return [name];
  const present = members.filter(has);
  if (present.length > 0) return present;
  const known = unique(models.flatMap((model) => [...model.benchmarks, ...model.groups].map((each) => each.name)));
  const guess = nearest(name, known);
  const advice = guess ? `did you mean ${guess}?` : `they have ${known.slice(0, 20).join(', ')}.`;
  throw new HonEvalError('usage', `The results have no benchmark or group named "${name}"; ${advice}`);
}

function customaryMetric(results: readonly BenchmarkResults[], headline: string | undefined): string {
  const has = (metric: string) => results.some(({ figures }) => figures.has(metric));
  const stated = results.flatMap((result) => result.headline ?? []);
  const candidates = [...(headline ? [headline] : []), ...stated, 'acc', 'exact_match'];
  return candidates.find(has) ?? [...results[0].figures.keys()][0];
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
