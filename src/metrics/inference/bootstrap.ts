import { uniformStream } from '../../random.ts';
import type { Interval } from './paired.ts';

/** Values that are resampled one by one; of more, means of groups are. */
const mostResampled = 20_000;

/**
 * Means of `count` resamples, with replacement, of the values; the same for the same seed. Of more than `mostResampled`
 * values, groups of equal size are drawn, which spread as the values do and take seconds instead of minutes.
 */
export function resampledMeans(values: readonly number[], count: number, seed: string): Float64Array {
  const random = uniformStream(seed);
  const source = groupMeans(values, random);
  const size = source.length;
  return Float64Array.from({ length: count }, () => {
    let total = 0;
    for (let i = 0; i < size; i++) total += source[(random() * size) | 0];
    return total / size;
  });
}

/** Drawn at random: values that alternate or rise would make groups more alike than chance does. */
function groupMeans(values: readonly number[], random: () => number): Float64Array {
  if (values.length <= mostResampled) return Float64Array.from(values);
  const groups = Math.ceil(values.length / Math.ceil(values.length / mostResampled));
  const shuffled = Float64Array.from(values);
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = (random() * (i + 1)) | 0;
    [shuffled[i], shuffled[j]] = [shuffled[j], shuffled[i]];
  }
  const sums = new Float64Array(groups);
  for (let i = 0; i < shuffled.length; i++) sums[i % groups] += shuffled[i];
  // The mean over the groups is that of the values, though some groups may lack one.
  return sums.map((sum) => (sum * groups) / shuffled.length);
}

/** Plain means of several benchmarks' resamples, one by one. */
export function averageResamples(resamples: readonly Float64Array[]): Float64Array {
  return resamples[0].map((_, i) => resamples.reduce((total, means) => total + means[i], 0) / resamples.length);
}

/** The percentile interval, between values as NumPy's default `quantile` interpolates. */
export function percentileInterval(resamples: Float64Array, confidence: number): Interval {
  const sorted = resamples.toSorted();
  return [quantile(sorted, (1 - confidence) / 2), quantile(sorted, (1 + confidence) / 2)];
}

/** Of ascending values, at least one, as NumPy's default interpolates. */
export function quantile(sorted: ArrayLike<number>, p: number): number {
  const at = p * (sorted.length - 1);
  const low = Math.floor(at);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
}
