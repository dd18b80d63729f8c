import { estimateMean, sum } from '../statistics.ts';
import { binomialCdf, normalQuantile, studentCdf, studentQuantile } from './distributions.ts';

/** How much more the second of two models scores than the first. */
export interface Difference {
  value: number;
  /** null where it is not defined, as for a single document; then so are the interval and the p-value. */
  stderr: number | null;
  /** Degrees of freedom of Student's t; Infinity for the normal distribution. */
  df: number;
}

export type Interval = [low: number, high: number];

/**
 * Of the same documents' scores under two models. The documents' own difficulty cancels, so that this sees much smaller
 * differences than two separate means do.
 */
export function pairedDifference(first: readonly number[], second: readonly number[]): Difference {
  const { value, stderr } = estimateMean(second.map((score, i) => score - first[i]));
  return { value, stderr, df: second.length - 1 };
}

export interface SeparateMean {
  value: number;
  stderr: number | null;
  /** Documents; null where it is not known. */
  size: number | null;
}

/** Of two means that nothing else is known of: Welch's. A size that is not known counts as large. */
export function unpairedDifference(first: SeparateMean, second: SeparateMean): Difference {
  const value = second.value - first.value;
  if (first.stderr === null || second.stderr === null) return { value, stderr: null, df: Number.POSITIVE_INFINITY };
  const parts = [first, second].map(({ stderr, size }) => ({
    variance: stderr! ** 2,
    df: size === null ? Number.POSITIVE_INFINITY : size - 1,
  }));
  return { value, ...satterthwaite(parts) };
}

/** Of the plain means over benchmarks, which are independent. */
export function averageDifference(differences: readonly Difference[]): Difference {
  const count = differences.length;
  const value = sum(differences.map((difference) => difference.value)) / count;
  if (differences.some(({ stderr }) => stderr === null)) return { value, stderr: null, df: Number.POSITIVE_INFINITY };
  const parts = differences.map(({ stderr, df }) => ({ variance: (stderr! / count) ** 2, df }));
  return { value, ...satterthwaite(parts) };
}

/** Standard error of a sum of independent terms, and Welch and Satterthwaite's degrees of freedom. */
function satterthwaite(parts: readonly { variance: number; df: number }[]): { stderr: number; df: number } {
  const variance = sum(parts.map((part) => part.variance));
  const weight = sum(parts.map((part) => part.variance ** 2 / part.df));
  return { stderr: Math.sqrt(variance), df: weight > 0 ? variance ** 2 / weight : Number.POSITIVE_INFINITY };
}

/** @param confidence such as 0.95 */
export function confidenceInterval({ value, stderr, df }: Difference, confidence: number): Interval | null {
  if (stderr === null) return null;
  const reach = stderr === 0 ? 0 : studentQuantile(0.5 + confidence / 2, df) * stderr;
  return [value - reach, value + reach];
}

/** Two-sided p-value of there being no difference: Student's t test. */
export function studentPValue({ value, stderr, df }: Difference): number | null {
  if (stderr === null) return null;
  if (stderr === 0) return value === 0 ? 1 : 0;
  return 2 * studentCdf(-Math.abs(value / stderr), df);
}

/** Documents of which the two models got one right and the other wrong. */
export interface Flips {
  /** Only the second model has them right. */
  gained: number;
  /** Only the first model has them right. */
  lost: number;
}

/** null where a score is neither 0 nor 1. */
export function countFlips(first: readonly number[], second: readonly number[]): Flips | null {
  const isBinary = (score: number) => score === 0 || score === 1;
  if (!first.every(isBinary) || !second.every(isBinary)) return null;
  return {
    gained: second.filter((score, i) => score > first[i]).length,
    lost: second.filter((score, i) => score < first[i]).length,
  };
}

/** Two-sided p-value of McNemar's exact test: a document that flips is as likely to flip either way. */
export function mcnemarPValue({ gained, lost }: Flips): number {
  return Math.min(1, 2 * binomialCdf(Math.min(gained, lost), gained + lost, 0.5));
}

/** One-sided p-value of McNemar's exact test, small where the second model is worse. */
export function mcnemarWorsePValue({ gained, lost }: Flips): number {
  return binomialCdf(gained, gained + lost, 0.5);
}

/** Holm's adjusted p-values, in the given order: each may be held against alpha as if it were alone. */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, i) => i).sort((i, j) => pValues[i] - pValues[j]);
  const adjusted = new Array<number>(pValues.length);
  let largest = 0;
  for (const [rank, i] of order.entries()) {
    largest = Math.max(largest, Math.min(1, pValues[i] * (pValues.length - rank)));
    adjusted[i] = largest;
  }
  return adjusted;
}

export interface DetectableOptions {
  /** Of the two-sided test. */
  alpha: number;
  /** Probability with which the test is to find the difference. */
  power: number;
}

/**
 * The smallest true difference that a test with this standard error finds with the given power:
 * (z(1 - alpha/2) + z(power)) · se.
 *
 * @param flippable Documents that may flip; where they are so few that even a difference this large could not be
 *   significant under McNemar's exact test, the answer is the fewest flips that could.
 */
export function detectableDifference(stderr: number, { alpha, power }: DetectableOptions, flippable?: number): number {
  const asymptotic = (normalQuantile(1 - alpha / 2) + normalQuantile(power)) * stderr;
  if (flippable === undefined) return asymptotic;
  const fewestFlips = Math.ceil(1 + Math.log2(1 / alpha)); // 2 · 2^-k ≤ alpha
  return Math.max(asymptotic, fewestFlips / flippable);
}
