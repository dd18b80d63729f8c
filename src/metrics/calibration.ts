import { argmax } from './accuracy.ts';
import { normalQuantile } from './inference/distributions.ts';
import { softmax } from './softmax.ts';

/** How sure a model is of the choice that it takes, and whether that is the right one. */
export interface Prediction {
  /** Probability of the most likely choice among all choices, 0 to 1. */
  confidence: number;
  right: boolean;
}

/** null where there is nothing to choose from, no right choice, or a number that is not finite. */
export function predict(logLikelihoods: readonly number[], gold: number | null): Prediction | null {
  if (gold === null || logLikelihoods.length < 2 || !logLikelihoods.every(Number.isFinite)) return null;
  const best = argmax(logLikelihoods);
  return { confidence: softmax(logLikelihoods)[best], right: best === gold };
}

/** Predictions of about one confidence. */
export interface ReliabilityBin {
  /** Mean over the bin's predictions. */
  confidence: number;
  /** Share of them that are right. */
  accuracy: number;
  /** Wilson's interval of the accuracy at 95 %. */
  interval: [low: number, high: number];
  count: number;
}

/** The reliability curve: predictions in bins of equal width over 0 to 1, those without any left out. */
export function reliability(predictions: readonly Prediction[], bins = 10): ReliabilityBin[] {
  const byBin = Map.groupBy(predictions, ({ confidence }) => Math.min(bins - 1, Math.floor(confidence * bins)));
  return [...byBin].sort(([a], [b]) => a - b).map(([, members]) => summarize(members));
}

function summarize(members: readonly Prediction[]): ReliabilityBin {
  const count = members.length;
  const right = members.filter((prediction) => prediction.right).length;
  const confidence = members.reduce((total, prediction) => total + prediction.confidence, 0) / count;
  return { confidence, accuracy: right / count, interval: wilsonInterval(right, count), count };
}

/**
 * Expected calibration error: the mean distance between confidence and accuracy over the bins, each weighing its
 * predictions (Guo et al. 2017, arXiv:1706.04599, Eq. 3). NaN without predictions.
 */
export function calibrationError(bins: readonly ReliabilityBin[]): number {
  const total = bins.reduce((sum, { count }) => sum + count, 0);
  return (
    bins.reduce((sum, { count, confidence, accuracy }) => sum + count * Math.abs(accuracy - confidence), 0) / total
  );
}

/** Wilson's score interval of a share, at least one try. */
export function wilsonInterval(successes: number, tries: number, level = 0.95): [low: number, high: number] {
  const z = normalQuantile(0.5 + level / 2);
  const share = successes / tries;
  const scale = 1 + z ** 2 / tries;
  const centre = (share + z ** 2 / (2 * tries)) / scale;
  const reach = (z / scale) * Math.sqrt((share * (1 - share)) / tries + z ** 2 / (4 * tries ** 2));
  return [Math.max(0, centre - reach), Math.min(1, centre + reach)];
}
