import { expect, test } from 'vitest';
import { averageResamples, percentileInterval, resampledMeans } from '../../../src/metrics/inference/bootstrap.ts';
import { confidenceInterval, pairedDifference } from '../../../src/metrics/inference/paired.ts';
import { uniformStream } from '../../../src/random.ts';

const random = uniformStream('documents');
const first = Array.from({ length: 400 }, () => Math.round(random()));
const second = first.map((score) => (random() < 0.2 ? 1 - score : score));
const differences = second.map((score, i) => score - first[i]);

test('the same seed gives the same resamples, another one others', () => {
  const once = resampledMeans(differences, 50, '1/piqa');
  expect(resampledMeans(differences, 50, '1/piqa')).toEqual(once);
  expect(resampledMeans(differences, 50, '2/piqa')).not.toEqual(once);
  expect(resampledMeans(differences, 50, '1/sciq')).not.toEqual(once);
});

test("resamples spread as the mean's standard error says", () => {
  const interval = percentileInterval(resampledMeans(differences, 10_000, 'seed'), 0.95);
  const expected = confidenceInterval(pairedDifference(first, second), 0.95)!;
  for (const i of [0, 1]) expect(interval[i]).toBeCloseTo(expected[i], 2);
});

test("the interval's ends are NumPy's quantiles", () => {
  // np.quantile([3, 1, 2, 10, 7], [0.05, 0.95])
  const [low, high] = percentileInterval(Float64Array.of(3, 1, 2, 10, 7), 0.9);
  expect(low).toBeCloseTo(1.2, 12);
  expect(high).toBeCloseTo(9.4, 12);
});

test('averages go resample by resample', () => {
  expect([...averageResamples([Float64Array.of(1, 2), Float64Array.of(3, -2)])]).toEqual([2, 0]);
});

test('resamples of many values spread as the standard error says too, whatever their order', () => {
  const stream = uniformStream('many');
  const many = Array.from({ length: 70_001 }, (_, i) => stream() + (i % 2));
  const interval = percentileInterval(resampledMeans(many, 2000, 'seed'), 0.95);
  const zeros = many.map(() => 0);
  const expected = confidenceInterval(pairedDifference(zeros, many), 0.95)!;
  for (const i of [0, 1]) expect(interval[i]).toBeCloseTo(expected[i], 3);
});
