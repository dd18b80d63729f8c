import { HonEvalError } from '../errors.ts';
import type { ScoredDocument, ScoredTask } from '../harness/record/scored.ts';
import type { Task } from '../harness/task/task.ts';
import type { List } from '../long_list.ts';
import { metricsOf } from './metrics.ts';
import { signalsOf } from './signal.ts';
import type { Estimate } from './statistics.ts';

/** By metric. */
export type TaskEstimates = ReadonlyMap<string, Estimate>;

type Documents = Pick<ScoredTask, 'task' | 'documents'>;

interface Evaluated {
  task: Task;
  metrics: TaskEstimates;
  signals: TaskEstimates;
}

/** By their documents, which may be read from disk: results are written after every benchmark. */
const known = new WeakMap<List<ScoredDocument>, Evaluated>();

/** A benchmark's own metrics over its documents, in their order. Throws a `dataset` error without documents. */
export function evaluateTask(scored: Documents): TaskEstimates {
  return evaluate(scored).metrics;
}

/** Means over the documents of those signals that all of them have, without the benchmark's own metrics. Throws alike. */
export function evaluateSignals(scored: Documents): TaskEstimates {
  return evaluate(scored).signals;
}

function evaluate({ task, documents }: Documents): Evaluated {
  const before = known.get(documents);
  if (before?.task === task) return before;
  if (documents.length === 0)
    throw new HonEvalError('dataset', `Cannot score ${task.name}: expected at least one document, got none.`);
  const metrics = metricsOf(task);
  const averaged = metrics.filter(({ estimate }) => !estimate);
  const own = new Set(task.metrics);
  const means = estimateMeans(documents, (document) => ({
    ...signalsOf(document),
    ...Object.fromEntries(averaged.map(({ name, score }) => [name, score(document)])),
  }));
  const evaluated = {
    task,
    metrics: new Map(metrics.map(({ name, estimate }) => [name, estimate?.(documents) ?? means.get(name)!])),
    signals: new Map([...means].filter(([name]) => !own.has(name))),
  };
  known.set(documents, evaluated);
  return evaluated;
}

/**
 * Means, with the standard error sd / √n under the sample standard deviation, of those figures that all documents have.
 * They are gone through twice rather than kept.
 */
function estimateMeans(
  documents: List<ScoredDocument>,
  figuresOf: (document: ScoredDocument) => Readonly<Record<string, number>>,
): Map<string, Estimate> {
  const size = documents.length;
  const totals = new Map<string, { total: number; count: number }>();
  for (const document of documents)
    for (const [name, value] of Object.entries(figuresOf(document))) {
      const { total, count } = totals.get(name) ?? { total: 0, count: 0 };
      totals.set(name, { total: total + value, count: count + 1 });
    }
  const common = [...totals].filter(([, { count }]) => count === size);
  const means = common.map(([name, { total }]) => ({ name, value: total / size, squares: 0 }));
  for (const document of documents) {
    const figures = figuresOf(document);
    for (const mean of means) mean.squares += (figures[mean.name] - mean.value) ** 2;
  }
  return new Map(
    means.map(({ name, value, squares }) => {
      const stderr = size === 1 ? null : Math.sqrt(squares / (size - 1)) / Math.sqrt(size);
      return [name, { value, stderr, size }];
    }),
  );
}
