import { describe, expect, it } from 'vitest';
import { estimateMean, plainMean, pooledMean } from '../../src/metrics/statistics.ts';

// What lm_eval.api.metrics says of these (0.4.13): mean, mean_stderr, aggregate_subtask_metrics, pooled_sample_stderr
// and unweighted_mean_stderr.
const samples = [
  { values: [1, 0, 0, 1, 1, 0, 1], value: 0.5714285714285714, stderr: 0.20203050891044214 },
  { values: [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1], value: 0.3076923076923077, stderr: 0.13323467750529824 },
  { values: [1, 0], value: 0.5, stderr: 0.5 },
];
const estimates = samples.map(({ values }) => estimateMean(values));

describe('estimateMean', () => {
  it.each(samples)('is the mean of $values with its standard error', ({ values, value, stderr }) => {
    expect(estimateMean(values)).toEqual({ value, stderr, size: values.length });
  });

  it('has no standard error for a single value', () => {
    expect(estimateMean([1])).toEqual({ value: 1, stderr: null, size: 1 });
  });
});

describe('means over benchmarks', () => {
  it('weigh by size and pool the variances', () => {
    expect(pooledMean(estimates)).toEqual({ value: 0.4090909090909091, stderr: 0.10918923132835816, size: 22 });
  });

  it('weigh all the same', () => {
    expect(plainMean(estimates)).toEqual({ value: 0.4597069597069597, stderr: 0.18516293300182743, size: 22 });
  });

  it.each([plainMean, pooledMean])('have no standard error where a part has none: $name', (mean) => {
    expect(mean([estimateMean([1]), estimateMean([0, 1])])).toMatchObject({ stderr: null, size: 3 });
  });
});
