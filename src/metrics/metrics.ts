import { HonEvalError } from '../errors.ts';
import type { Task } from '../harness/task/task.ts';
import { nearest } from '../nearest.ts';
import { accuracy, choiceLengths, mutualInformationAccuracy, olmesAccuracy, plainAccuracy } from './accuracy.ts';
import { brierScore, f1Score, goldLikelihood, matthewsCorrelation, microF1, weightedF1 } from './classes.ts';
import { bitsPerByte, greedyMatch } from './likelihood.ts';
import type { Metric } from './metric.ts';
import { ownMetric } from './own.ts';
import { perplexityPer, textBitsPerByte, textPerplexity } from './perplexity.ts';
import { goldBits, goldProbability, reciprocalRank } from './ranking.ts';
import { cutOff, exactMatch, passAt, responseTokens } from './sampled.ts';
import { signals } from './signal.ts';

/** lm-evaluation-harness's first and in its order, which is that of the figures in results files. */
const metrics: readonly Metric[] = [
  plainAccuracy('acc', 'accuracy by log-likelihood'),
  accuracy('acc_norm', 'accuracy by log-likelihood per character', choiceLengths.acc_norm),
  accuracy('acc_bytes', 'accuracy by log-likelihood per byte of UTF-8', choiceLengths.acc_bytes),
  exactMatch,
  mutualInformationAccuracy,
  olmesAccuracy,
  f1Score,
  weightedF1,
  microF1,
  matthewsCorrelation,
  brierScore,
  goldLikelihood,
  textPerplexity,
  perplexityPer('word'),
  perplexityPer('byte'),
  textBitsPerByte,
  reciprocalRank,
  goldProbability,
  goldBits,
  greedyMatch('answer'),
  bitsPerByte('answer'),
  greedyMatch('solution'),
  bitsPerByte('solution'),
  responseTokens,
  cutOff,
  ...signals,
];

const byName = new Map(metrics.map((metric) => [metric.name, metric]));

/** `pass@k` is there for every k; undefined for what is no metric. */
export function findMetric(name: string): Metric | undefined {
  const [, size] = /^pass@([1-9]\d*)$/.exec(name) ?? [];
  return size === undefined ? byName.get(name) : passAt(Number(size));
}

export function metricOf(name: string): Metric {
  const metric = findMetric(name);
  if (metric) return metric;
  const names = [...byName.keys()];
  const guess = nearest(name, names);
  const advice = guess ? `did you mean ${guess}?` : `there are ${names.join(', ')}.`;
  throw new HonEvalError('usage', `There is no metric ${name}; ${advice}`);
}

/** A metric of a task: its own, or one of the list. Throws a `usage` error for one that there is not, or is twice. */
export function taskMetric({ ownMetrics = [] }: Pick<Task, 'ownMetrics'>, name: string): Metric {
  const own = ownMetrics.find((metric) => metric.name === name);
  if (!own) return metricOf(name);
  if (findMetric(name))
    throw new HonEvalError('usage', `A task's own metric cannot be called ${name}: there is one already.`);
  return ownMetric(own);
}

/** A task's metrics in the order in which results files have them, its own last. Throws as `taskMetric`. */
export function metricsOf(task: Pick<Task, 'metrics' | 'ownMetrics'>): Metric[] {
  const own = task.metrics.map((name) => taskMetric(task, name));
  const rank = ({ name }: Metric) => metrics.findIndex((metric) => metric.name === name);
  const known = own.filter((metric) => rank(metric) >= 0).sort((a, b) => rank(a) - rank(b));
  return [...known, ...own.filter((metric) => rank(metric) < 0)];
}
