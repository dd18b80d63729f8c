import { normalCdf, studentCdf } from './distributions.ts';
import { type Difference, type Flips, mcnemarWorsePValue } from './paired.ts';

/** What the documents say of a candidate that may be worse than its baseline by a margin. */
export interface MarginTest {
  /** One-sided p-value of "worse by at most the margin": small where the candidate is worse than that. */
  worse: number;
  /** One-sided p-value of "worse by the margin or more": small where the candidate is shown to be good enough. */
  notWorse: number;
}

/**
 * The difference of two paired accuracies under Bonett and Price's adjustment (Journal of Educational and Behavioral
 * Statistics 37, 2012): one more flip each way and two more documents. Its standard error is not 0 where no document
 * flips, and keeps its level where few do.
 */
export function adjustedDifference({ gained, lost }: Flips, size: number): Difference {
  const [up, down] = [(gained + 1) / (size + 2), (lost + 1) / (size + 2)];
  const variance = (up + down - (up - down) ** 2) / (size + 2);
  return { value: up - down, stderr: Math.sqrt(variance), df: Number.POSITIVE_INFINITY };
}

/** @param margin how much worse is tolerated, 0 or more */
export function testMargin(difference: Difference, margin: number): MarginTest | null {
  if (difference.stderr === null) return null;
  if (difference.stderr === 0) {
    const worse = difference.value < -margin;
    return { worse: worse ? 0 : 1, notWorse: worse ? 1 : 0 };
  }
  const t = (difference.value + margin) / difference.stderr;
  return { worse: studentCdf(t, difference.df), notWorse: studentCdf(-t, difference.df) };
}

/**
 * Of paired accuracies. What is worse than a margin is worse at all, so McNemar's exact test has to agree: at margin 0
 * that keeps false alarms below alpha whatever the number of documents.
 */
export function testPairedMargin(flips: Flips, size: number, margin: number): MarginTest {
  const { value, stderr } = adjustedDifference(flips, size);
  const z = (value + margin) / stderr!;
  return { worse: Math.max(normalCdf(z), mcnemarWorsePValue(flips)), notWorse: normalCdf(-z) };
}
