import type { ScoredDocument } from '../harness/record/scored.ts';
import type { Estimate } from './statistics.ts';

/** What a figure is, whoever has computed it. */
export interface MetricFacts {
  higherIsBetter: boolean;
  /** The least and the greatest figure that there can be. */
  range: readonly [least: number, greatest: number];
  /** What it counts. Figures of one unit may be averaged over benchmarks; null for one that must not be. */
  unit: 'accuracy' | 'probability' | 'bits' | 'bits per byte' | null;
  /** Whether a benchmark's figure is the plain mean of its documents'. */
  isMean: boolean;
  /** Whether it is about which of several choices the model takes. */
  comparesChoices: boolean;
}

/** A figure of one document; a benchmark's figure is the mean over its documents, unless `estimate` is there. */
export interface Metric {
  /** Half a sentence for lists of benchmarks. */
  description: string;
  higherIsBetter: boolean;
  /** What the choices are compared by, one number a choice; left out where the metric compares none. */
  choiceScores?(scored: ScoredDocument): number[];
  score(scored: ScoredDocument): number;
  /** Of a benchmark's documents, where it is not the mean of their scores. */
  estimate?(documents: readonly ScoredDocument[]): Estimate;
}
