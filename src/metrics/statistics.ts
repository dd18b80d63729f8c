/** A mean with its standard error. */
export interface Estimate {
  value: number;
  /** null where it is not defined: for a single document, or a mean over benchmarks of which one has none. */
  stderr: number | null;
  /** Documents. */
  size: number;
}

export function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

/** Mean of at least one value, with the standard error sd / √n under the sample standard deviation. */
export function estimateMean(values: readonly number[]): Estimate {
  const size = values.length;
  const value = mean(values);
  if (size === 1) return { value, stderr: null, size };
  const variance = sum(values.map((x) => (x - value) ** 2)) / (size - 1);
  return { value, stderr: Math.sqrt(variance) / Math.sqrt(size), size };
}

/**
 * Plain mean over benchmarks, each weighing the same, as the paper's tables average. They are independent, so the
 * standard error is √(Σ se²) / k: lm-evaluation-harness's `unweighted_mean_stderr`.
 */
export function plainMean(estimates: readonly Estimate[]): Estimate {
  const value = mean(estimates.map((estimate) => estimate.value));
  const errors = standardErrors(estimates);
  const stderr = errors && Math.sqrt(sum(errors.map((error) => error ** 2))) / estimates.length;
  return { value, stderr, size: totalSize(estimates) };
}

/**
 * Mean over benchmarks weighed by their documents, with the pooled standard error: lm-evaluation-harness's
 * `aggregate_subtask_metrics` and `pooled_sample_stderr` for a group that aggregates.
 */
export function pooledMean(estimates: readonly Estimate[]): Estimate {
  const size = totalSize(estimates);
  const value = sum(estimates.map((estimate) => estimate.value * estimate.size)) / size;
  const errors = standardErrors(estimates);
  if (!errors) return { value, stderr: null, size };
  const squares = sum(errors.map((error, i) => (estimates[i].size - 1) * error ** 2 * estimates[i].size));
  return { value, stderr: Math.sqrt(squares / (size - estimates.length) / size), size };
}

/** All of them, or null where one is missing. */
function standardErrors(estimates: readonly Estimate[]): number[] | null {
  const errors = estimates.map((estimate) => estimate.stderr);
  return errors.every((error) => error !== null) ? errors : null;
}

function totalSize(estimates: readonly Estimate[]): number {
  return sum(estimates.map((estimate) => estimate.size));
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
