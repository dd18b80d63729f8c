import { expect, test } from 'vitest';
import { estimateDensity } from '../../../src/metrics/inference/density.ts';

/** The sum of the areas below the points. */
function integral({ points, density }: ReturnType<typeof estimateDensity>): number {
  return density.reduce((sum, value) => sum + value, 0) * (points[1] - points[0]);
}

test('a density integrates to 1 and is highest where the values are', () => {
  const values = Array.from({ length: 400 }, (_, i) => 2 + Math.cos(i) * ((i % 20) / 10));
  const estimate = estimateDensity(values, [-4, 8]);
  expect(integral(estimate)).toBeCloseTo(1, 3);
  const peak = estimate.points[estimate.density.indexOf(Math.max(...estimate.density))];
  expect(peak).toBeCloseTo(2, 0);
});

test('values outside of the domain count', () => {
  const values = Array.from({ length: 500 }, (_, i) => (i < 400 ? Math.cos(i) : 100));
  expect(integral(estimateDensity(values, [-5, 5]))).toBeCloseTo(0.8, 2);
});

test('a single value, and many that are equal, have a density', () => {
  expect(integral(estimateDensity([1], [0, 2]))).toBeCloseTo(1, 6);
  expect(integral(estimateDensity([1, 1, 1], [0, 2]))).toBeCloseTo(1, 6);
});
