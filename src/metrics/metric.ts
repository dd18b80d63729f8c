import type { ScoredDocument } from '../harness/record/scored.ts';
import type { metricUnits } from '../harness/task/task.ts';
import type { List } from '../long_list.ts';
import type { Estimate } from './statistics.ts';

/** What a figure is, whoever has computed it. */
export interface MetricFacts {
  higherIsBetter: boolean;
  /** The least and the greatest figure that there can be. */
  range: readonly [least: number, greatest: number];
  /** What it counts. Figures of one unit may be averaged over benchmarks; null for one that must not be. */
  unit: (typeof metricUnits)[number] | null;
  /** How a benchmark's figure is made of its documents', as lm-evaluation-harness calls it: `mean`, `perplexity`, … */
  aggregation: string;
  /** Whether it is about which of several choices the model takes. */
  comparesChoices: boolean;
}

/** A figure of one document; a benchmark's figure is the mean over its documents, unless `estimate` is there. */
export interface Metric extends MetricFacts {
  /** As results files have it. */
  name: string;
  /** Half a sentence for lists of benchmarks. */
  description: string;
  /** What the choices are compared by, one number a choice; left out where the metric compares none. */
  choiceScores?(scored: ScoredDocument): number[];
  score(scored: ScoredDocument): number;
  /** Of a benchmark's documents, where it is not the mean of their scores. */
  estimate?(documents: List<ScoredDocument>): Estimate;
}

/** Kinds of metrics: what all of a kind have in common. */

/** A share of right answers. */
export const accuracyKind: MetricFacts = {
  higherIsBetter: true,
  range: [0, 1],
  unit: 'accuracy',
  aggregation: 'mean',
  comparesChoices: false,
};

/** A share of right choices. */
export const choiceKind: MetricFacts = { ...accuracyKind, comparesChoices: true };

/** How probable the right choice is among all. */
export const probabilityKind: MetricFacts = { ...choiceKind, unit: 'probability' };

/** What is better the less it is. */
export const costKind: MetricFacts = { ...accuracyKind, higherIsBetter: false, range: [0, Infinity], unit: null };

export const bitsPerByteKind: MetricFacts = { ...costKind, unit: 'bits per byte' };
