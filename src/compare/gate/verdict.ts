import type { Interval } from '../../metrics/inference/paired.ts';

/**
 * `regression`: worse than the margin, or below the floor. `undecided`: neither that nor shown to be within the margin.
 * `error`: nothing to judge by.
 */
export type Verdict = 'pass' | 'undecided' | 'regression' | 'error';

/** One thing that the candidate has to keep to. */
export interface GateCheck {
  /** A benchmark, or `overall`. */
  name: string;
  title: string;
  metric: string | null;
  higherIsBetter: boolean;
  kind: 'margin' | 'floor' | 'input';
  verdict: Verdict;
  /** null where there is no such figure; for a floor, only the candidate's. */
  baseline: number | null;
  candidate: number | null;
  /** The margin or the floor, which is a ceiling where less is better. */
  limit: number | null;
  /** Documents, of a margin. */
  size: number | null;
  /** Candidate less baseline, both ends with a confidence of 1 - alpha, of a margin. */
  interval: Interval | null;
  /** Of being worse by no more than the margin, Holm-corrected over all margins. */
  pValue: number | null;
  /** Why it is not a pass. */
  message: string | null;
}

/** The verdict of a gate with several checks. */
export function worst(verdicts: readonly Verdict[]): Verdict {
  const order: Verdict[] = ['error', 'regression', 'undecided'];
  return order.find((verdict) => verdicts.includes(verdict)) ?? 'pass';
}
