import { mean } from '../statistics.ts';
import { quantile } from './bootstrap.ts';

/** An estimate of a distribution: its density at points of equal distance. */
export interface Density {
  points: number[];
  /** Per unit of the values; over the whole line they integrate to 1. */
  density: number[];
}

/**
 * Gaussian kernel estimate with Silverman's bandwidth, 0.9 · min(sd, IQR / 1.34) · n^(-1/5) (Silverman 1986, Eq. 3.31),
 * at `count` points of the domain. Values are first counted into cells, so that many cost no more than few.
 */
export function estimateDensity(values: readonly number[], [low, high]: [number, number], count = 121): Density {
  const step = (high - low) / (count - 1);
  const points = Array.from({ length: count }, (_, i) => low + i * step);
  const bandwidth = Math.max(silvermanBandwidth(values), step);
  const cells = new Map<number, number>();
  for (const value of values) {
    const cell = Math.round((value - low) / step);
    cells.set(cell, (cells.get(cell) ?? 0) + 1);
  }
  const scale = 1 / (values.length * bandwidth * Math.sqrt(2 * Math.PI));
  const density = points.map((_, i) => {
    let sum = 0;
    for (const [cell, weight] of cells) sum += weight * Math.exp(-0.5 * (((i - cell) * step) / bandwidth) ** 2);
    return sum * scale;
  });
  return { points, density };
}

function silvermanBandwidth(values: readonly number[]): number {
  const center = mean(values);
  const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - center) ** 2, 0) / Math.max(1, values.length - 1));
  const sorted = values.toSorted((a, b) => a - b);
  const spread = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 1.34;
  return 0.9 * (spread > 0 ? Math.min(sd, spread) : sd) * values.length ** -0.2;
}
