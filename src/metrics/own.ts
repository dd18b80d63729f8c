/** Metrics that tasks bring themselves, as those of the list are. */
import type { ScoredDocument } from '../harness/record/scored.ts';
import type { OwnMetric } from '../harness/task/task.ts';
import type { Metric } from './metric.ts';
import { mean } from './statistics.ts';

/** The task's function has been called already, in its own thread where the task is a file's. */
export function ownMetric({ name, description, higherIsBetter, range, unit, aggregation = 'mean' }: OwnMetric): Metric {
  const score = ({ figures, document }: ScoredDocument) => {
    const value = figures?.[name];
    if (value === undefined) throw new RangeError(`${document.place}: ${name} has not been measured.`);
    return value;
  };
  const aggregate = aggregation === 'mean' ? undefined : aggregates[aggregation];
  return {
    name,
    description,
    higherIsBetter,
    range: range ?? [-Infinity, Infinity],
    unit: unit ?? null,
    aggregation,
    comparesChoices: false,
    score,
    ...(aggregate && {
      estimate: (documents) => ({ value: aggregate(documents.map(score)), stderr: null, size: documents.length }),
    }),
  };
}

const aggregates = {
  median(values: readonly number[]): number {
    const sorted = values.toSorted((a, b) => a - b);
    const middle = Math.floor(sorted.length / 2);
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  },
  perplexity: (values: readonly number[]) => Math.exp(-mean(values)),
};
