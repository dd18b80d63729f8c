import { sum } from './statistics.ts';

/** exp(x) / Σ exp(x), NaN where one of the numbers is not a number. */
export function softmax(values: readonly number[]): number[] {
  const largest = Math.max(...values);
  const exponentials = values.map((value) => Math.exp(value - largest));
  const total = sum(exponentials);
  return exponentials.map((value) => value / total);
}

/** Log-likelihood of the right choice less that of the best wrong one; null where one of the two does not exist. */
export function goldMargin(logLikelihoods: readonly number[], gold: number | null): number | null {
  if (gold === null || gold >= logLikelihoods.length || logLikelihoods.length < 2) return null;
  return logLikelihoods[gold] - Math.max(...logLikelihoods.filter((_, i) => i !== gold));
}
