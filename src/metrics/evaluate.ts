import { HonEvalError } from '../errors.ts';
import type { ScoredDocument, ScoredTask } from '../harness/record/scored.ts';
import { metricsOf } from './metrics.ts';
import { signalsOf } from './signal.ts';
import { type Estimate, estimateMean } from './statistics.ts';

/** By metric. */
export type TaskEstimates = ReadonlyMap<string, Estimate>;

/** By their documents: results are written after every benchmark, and some standard errors take long. */
const known = new WeakMap<readonly ScoredDocument[], TaskEstimates>();

/** A benchmark's own metrics over its documents, in their order. Throws a `dataset` error without documents. */
export function evaluateTask({ task, documents }: Pick<ScoredTask, 'task' | 'documents'>): TaskEstimates {
  const estimates = known.get(documents) ?? evaluate({ task, documents });
  known.set(documents, estimates);
  return estimates;
}

function evaluate({ task, documents }: Pick<ScoredTask, 'task' | 'documents'>): TaskEstimates {
  if (documents.length === 0)
    throw new HonEvalError('dataset', `Cannot score ${task.name}: expected at least one document, got none.`);
  return new Map(
    metricsOf(task).map(({ name, score, estimate }) => [
      name,
      estimate?.(documents) ?? estimateMean(documents.map((document) => score(document))),
    ]),
  );
}

/** Means over the documents of those signals that all of them have, without the benchmark's own metrics. */
export function evaluateSignals({ task, documents }: Pick<ScoredTask, 'task' | 'documents'>): TaskEstimates {
  const values = documents.map(signalsOf);
  const names = Object.keys(values[0] ?? {}).filter(
    (name) => !task.metrics.includes(name) && values.every((figures) => name in figures),
  );
  return new Map(names.map((name) => [name, estimateMean(values.map((figures) => figures[name]))]));
}
