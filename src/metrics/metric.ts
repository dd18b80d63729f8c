import type { ScoredDocument } from '../harness/record/scored.ts';

/** A figure of one document; a benchmark's figure is the mean over its documents. */
export interface Metric {
  /** Half a sentence for lists of benchmarks. */
  description: string;
  higherIsBetter: boolean;
  /** What the choices are compared by, one number a choice; left out where the metric compares none. */
  choiceScores?(scored: ScoredDocument): number[];
  score(scored: ScoredDocument): number;
}
