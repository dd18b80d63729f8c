import type { DatasetSource } from '../../dataset/source.ts';
import type { GenerationRecord, RunRecord, TaskRecord } from '../../harness/record/run_record.ts';
import type { GroupRecord, Task } from '../../harness/task/task.ts';
import { evaluateTask, type TaskEstimates } from '../../metrics/evaluate.ts';
import { metricOf, taskMetric } from '../../metrics/metrics.ts';
import { type Estimate, plainMean, pooledMean } from '../../metrics/statistics.ts';
import { PythonFloat, type PythonObject } from '../../python/write_json.ts';
import { generationArguments } from './sample_line.ts';

/**
 * The blocks of results_*.json that say how each benchmark and group did, in lm-evaluation-harness's order: what its
 * `EvalAcc._to_eval_results` makes (lm_eval/evaluator_utils.py).
 */
export function taskBlocks({ tasks, groups, generation }: RunRecord): PythonObject {
  const estimates = new Map<string, TaskEstimates>(tasks.map((scored) => [scored.task.name, evaluateTask(scored)]));
  // The innermost groups come last, and those around them may be made of their figures.
  for (const group of groups.toReversed()) estimates.set(group.name, groupEstimates(group, estimates));
  const groupResults = byName(groups, (group) => groupResult(group, estimates));
  const averaging = groups.filter((group) => group.metrics.length > 0);
  return {
    results: { ...byTask(tasks, (scored) => taskResult(scored, estimates)), ...groupResults },
    ...(averaging.length > 0 ? { groups: byName(averaging, (group) => groupResults[group.name]) } : {}),
    group_subtasks: byName(groups, (group) => group.tasks),
    configs: sortKeys(byTask(tasks, (scored) => taskConfig(scored, generation))),
    versions: sortKeys({
      ...byTask(tasks, ({ task }) => new PythonFloat(task.version)),
      ...byName(groups, () => 'N/A'),
    }),
    'n-shot': sortKeys({ ...byTask(tasks, ({ shots }) => shots ?? 0), ...byName(groups, () => 0) }),
    higher_is_better: sortKeys({
      ...byTask(tasks, ({ task }) => directions(task)),
      ...byName(groups, (group) => directionsWithin(group, { tasks, groups })),
    }),
    'n-samples': byTask(tasks, ({ available, documents }) => ({ original: available, effective: documents.length })),
  };
}

function taskResult({ task }: TaskRecord, estimates: ReadonlyMap<string, TaskEstimates>): PythonObject {
  return { name: task.name, alias: task.name, ...estimateBlock(estimates.get(task.name)!) };
}

/** The number of documents, then each metric with its standard error. */
export function estimateBlock(estimates: ReadonlyMap<string, Estimate>): PythonObject {
  const figures = [...estimates].map(([metric, estimate]) => figure(metric, estimate));
  return Object.assign({ sample_len: documentCount(estimates) }, ...figures);
}

/** lm-evaluation-harness's `Group.aggregate`, and the best of its members. */
function groupEstimates(group: GroupRecord, estimates: ReadonlyMap<string, TaskEstimates>): TaskEstimates {
  const members = group.tasks.flatMap((name) => estimates.get(name) ?? []);
  return new Map(
    group.metrics.flatMap((metric): [string, Estimate][] => {
      const parts = members.flatMap((member) => member.get(metric) ?? []);
      return parts.length > 0 ? [[metric, aggregate(group.aggregation, metric, parts)]] : [];
    }),
  );
}

function aggregate(aggregation: GroupRecord['aggregation'], metric: string, parts: readonly Estimate[]): Estimate {
  if (aggregation !== 'best') return aggregation === 'pooled' ? pooledMean(parts) : plainMean(parts);
  const sign = metricOf(metric).higherIsBetter ? 1 : -1;
  return parts.reduce((best, part) => (sign * part.value > sign * best.value ? part : best));
}

function groupResult(group: GroupRecord, estimates: ReadonlyMap<string, TaskEstimates>): PythonObject {
  const heading = { alias: group.name, name: group.name };
  if (group.metrics.length === 0) return heading;
  const averages = [...estimates.get(group.name)!];
  return {
    ...heading,
    sample_len: group.tasks.reduce((total, name) => total + documentCount(estimates.get(name)), 0),
    ...Object.assign({}, ...averages.map(([metric, estimate]) => figure(metric, estimate))),
    sample_count: Object.fromEntries(averages.map(([metric, estimate]) => [`${metric},none`, estimate.size])),
  };
}

function documentCount(estimates?: TaskEstimates): number {
  const [first] = estimates?.values() ?? [];
  return first?.size ?? 0;
}

/** The two keys of a metric; "none" is the name of lm-evaluation-harness's filter that changes nothing. */
function figure(metric: string, { value, stderr }: Estimate): PythonObject {
  return {
    [`${metric},none`]: new PythonFloat(value),
    [`${metric}_stderr,none`]: stderr === null ? 'N/A' : new PythonFloat(stderr),
  };
}

/** Those fields of lm-evaluation-harness's `TaskConfig` that a task here truly has, in its order. */
function taskConfig({ task, documents, shots }: TaskRecord, generation: GenerationRecord | null): PythonObject {
  return {
    task: task.name,
    ...(task.dataset && datasetConfig(task.dataset)),
    unsafe_code: false,
    description: '',
    target_delimiter: task.delimiter ?? ' ',
    num_fewshot: shots ?? 0,
    metric_list: task.metrics.map((metric) => ({
      aggregation: taskMetric(task, metric).aggregation,
      higher_is_better: taskMetric(task, metric).higherIsBetter,
      metric,
    })),
    ...(generation
      ? { output_type: 'generate_until', generation_kwargs: generationArguments(generation) }
      : { output_type: task.output ?? (task.metrics.includes('acc') ? 'multiple_choice' : 'loglikelihood') }),
    repeats: (generation && documents.at(0)?.samples?.length) ?? 1,
    should_decontaminate: false,
    metadata: { version: new PythonFloat(task.version) },
  };
}

function datasetConfig({ repo, config, split }: DatasetSource): PythonObject {
  return {
    dataset_path: repo,
    ...(config === undefined ? {} : { dataset_name: config }),
    // Where a data set has training rows alone, lm-evaluation-harness scores them as a validation split.
    [split === 'test' ? 'test_split' : 'validation_split']: split,
  };
}

function directions(task: Task): PythonObject {
  return Object.fromEntries(task.metrics.map((name) => [name, taskMetric(task, name).higherIsBetter]));
}

/** Of the metrics of a group's benchmarks, in the order in which they first come. */
function directionsWithin(group: GroupRecord, { tasks, groups }: Pick<RunRecord, 'tasks' | 'groups'>): PythonObject {
  const members = group.tasks.map((name) => {
    const member = tasks.find(({ task }) => task.name === name);
    if (member) return directions(member.task);
    const inner = groups.find((each) => each.name === name);
    return inner && directionsWithin(inner, { tasks, groups });
  });
  return Object.assign({}, ...members);
}

function byTask<T>(tasks: readonly TaskRecord[], value: (task: TaskRecord) => T): Record<string, T> {
  return Object.fromEntries(tasks.map((scored) => [scored.task.name, value(scored)]));
}

function byName<T>(groups: readonly GroupRecord[], value: (group: GroupRecord) => T): Record<string, T> {
  return Object.fromEntries(groups.map((group) => [group.name, value(group)]));
}

function sortKeys<T>(block: Record<string, T>): Record<string, T> {
  const names = Object.keys(block).sort();
  return Object.fromEntries(names.map((name) => [name, block[name]]));
}
