import { normalCdf, normalQuantile } from './distributions.ts';

/**
 * A one-sided test that is looked at several times while its data come in, and may stop at each look: Wang and Tsiatis's
 * group-sequential boundaries (Biometrics 43, 1987). Under the null hypothesis the z statistics, each times the square
 * root of its share of the data, t, are a Brownian motion B(t), and the test rejects at the first look at which
 * B(t) / t^shape reaches a constant. Shape 0 is O'Brien and Fleming's test, 1/2 is Pocock's.
 */
export class GroupSequentialTest {
  /** Of the data, at the looks: ascending, the last is 1. */
  readonly shares: readonly number[];
  readonly #shape: number;
  readonly #pValues = new Map<number, number>();
  readonly #boundaries = new Map<number, number>();

  constructor(shares: readonly number[], shape: number) {
    this.shares = shares;
    this.#shape = shape;
  }

  /** What is held against the boundary, of the p-value that the data so far have by themselves. */
  statistic(pValue: number, share: number): number {
    return zOf(pValue) * share ** (0.5 - this.#shape);
  }

  /**
   * Of the largest statistic so far: the probability that any look, of those to come too, has one as large. It only
   * falls, and may be held against alpha whenever one stops (Liu and Anderson, Journal of the American Statistical
   * Association 103, 2008). Statistics are cut off after three decimals.
   */
  pValue(statistic: number): number {
    if (!(statistic > 0)) return 1;
    const thousandths = Math.floor(1000 * statistic);
    const pValue = this.#pValues.get(thousandths) ?? this.#crossingProbability(thousandths / 1000);
    this.#pValues.set(thousandths, pValue);
    return pValue;
  }

  /** The statistic whose p-value is alpha. */
  boundary(alpha: number): number {
    const boundary = this.#boundaries.get(alpha) ?? this.#findBoundary(alpha);
    this.#boundaries.set(alpha, boundary);
    return boundary;
  }

  /**
   * The level of the test at one look: intervals of that level, one at each look, all hold together with a confidence of
   * 1 - alpha (Jennison and Turnbull, Journal of the Royal Statistical Society B 51, 1989).
   */
  levelAt(share: number, alpha: number): number {
    return Math.max(Number.EPSILON, normalCdf(-this.boundary(alpha) * share ** (this.#shape - 0.5)));
  }

  /**
   * The probability that the last look rejects at alpha, predicted from the data so far without any other knowledge of
   * the effect (Spiegelhalter, Freedman and Blackburn, Controlled Clinical Trials 7, 1986).
   */
  chance(pValue: number, share: number, alpha: number): number {
    const drift = zOf(pValue) / Math.sqrt(share);
    return normalCdf((drift - this.boundary(alpha)) / Math.sqrt(1 / share - 1));
  }

  #findBoundary(alpha: number): number {
    let [low, high] = [0, 10];
    for (let i = 0; i < 25; i++) {
      const middle = (low + high) / 2;
      if (this.#crossingProbability(middle) > alpha) low = middle;
      else high = middle;
    }
    return high;
  }

  /**
   * Armitage, McPherson and Rowe's recursion (Journal of the Royal Statistical Society A 132, 1969): how the paths of B
   * that have not crossed are distributed, from look to look.
   */
  #crossingProbability(constant: number): number {
    let crossed = 0;
    let paths: Paths = { points: Float64Array.of(0), weights: Float64Array.of(1) };
    let before = 0;
    for (const share of this.shares) {
      const bound = constant * share ** this.#shape;
      const deviation = Math.sqrt(share - before);
      paths.weights.forEach((weight, i) => {
        crossed += weight * normalCdf((paths.points[i] - bound) / deviation);
      });
      if (share < 1) paths = advance(paths, deviation, nodes(-reach * Math.sqrt(share), bound));
      before = share;
    }
    return Math.min(1, crossed);
  }
}

/** One-sided; of certainties, those of doubles closest to them. */
function zOf(pValue: number): number {
  return -normalQuantile(Math.min(1 - Number.EPSILON, Math.max(Number.MIN_VALUE, pValue)));
}

/** Paths by where they are: of each point, how many of all. */
interface Paths {
  points: Float64Array;
  weights: Float64Array;
}

/** Standard deviations below 0 that paths are followed to; 3e-7 of them go further. */
const reach = 5;

/** Of Simpson's rule: no wider than a fourth of a step, where each look has half as much data again as the one before. */
const intervals = 64;

/** Where paths are after a normal step, by the points and weights of an integral. */
function advance(paths: Paths, deviation: number, { points, weights }: Paths): Paths {
  const scale = 1 / (deviation * Math.sqrt(2 * Math.PI));
  const arrived = points.map((point, i) => {
    let density = 0;
    for (let k = 0; k < paths.points.length; k++)
      density += paths.weights[k] * Math.exp(-0.5 * ((point - paths.points[k]) / deviation) ** 2);
    return weights[i] * scale * density;
  });
  return { points, weights: arrived };
}

/** Points from `low` to `high` with the weights of Simpson's rule. */
function nodes(low: number, high: number): Paths {
  const width = (high - low) / intervals;
  const points = Float64Array.from({ length: intervals + 1 }, (_, i) => low + i * width);
  const weight = (i: number) => (i === 0 || i === intervals ? 1 : i % 2 === 1 ? 4 : 2);
  return { points, weights: points.map((_, i) => (weight(i) * width) / 3) };
}
