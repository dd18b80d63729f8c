import { HonEvalError } from '../../errors.ts';
import type { ChoiceScore, Document, Task } from './task.ts';

/** A document with what the model says of its choices. */
export interface Measured {
  document: Document;
  scores: readonly ChoiceScore[];
}

/** By the name of the metric. */
export function figuresOf(
  { name: task, ownMetrics = [] }: Task,
  { document, scores }: Measured,
): Record<string, number> {
  const figures = ownMetrics.map(({ name, score }): [string, number] => {
    const value: unknown = score(document, scores);
    if (typeof value === 'number' && Number.isFinite(value)) return [name, value];
    throw new HonEvalError('dataset', `${document.place}: expected ${name} of ${task} to be a number, got ${value}.`);
  });
  return Object.fromEntries(figures);
}
