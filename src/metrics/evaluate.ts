import { HonEvalError } from '../errors.ts';
import type { ScoredTask } from '../harness/record/scored.ts';
import { type MetricName, orderMetrics } from '../harness/task/task.ts';
import { metricOf } from './metrics.ts';
import { type Estimate, estimateMean } from './statistics.ts';

export type TaskEstimates = ReadonlyMap<MetricName, Estimate>;

/** A benchmark's own metrics over its documents, in their order. Throws a `dataset` error without documents. */
export function evaluateTask({ task, documents }: Pick<ScoredTask, 'task' | 'documents'>): TaskEstimates {
  if (documents.length === 0)
    throw new HonEvalError('dataset', `Cannot score ${task.name}: expected at least one document, got none.`);
  const names = orderMetrics(task.metrics);
  return new Map(
    names.map((name) => {
      const { score, estimate } = metricOf(name);
      return [name, estimate?.(documents) ?? estimateMean(documents.map((document) => score(document)))];
    }),
  );
}
