import { expect, it } from 'vitest';
import { metricOf } from '../../src/metrics/metrics.ts';

import { scoredDocument } from './scored_document.ts';

it.each([
  [[-1, -2, -3], 0, 1],
  [[-1, -2, -3], 2, 1 / 3],
  [[-2, -1, -2, -3], 2, 1 / 3], // the first of equals leads, as np.argmax has it
  [[-2, -1, -2, -3], 0, 1 / 2],
  [[-5], 0, 1],
])('mrr of %j where %i is right is %d', (logLikelihoods, gold, expected) => {
  const scored = scoredDocument(logLikelihoods, { gold });
  expect(metricOf('mrr').score(scored)).toBe(expected);
  expect(metricOf('acc').score(scored)).toBe(expected === 1 ? 1 : 0);
});

it('prob is the share of the right choice, and bits its surprise', () => {
  const logLikelihoods = [0.5, 0.25, 0.25].map((probability) => Math.log(probability / 8));
  expect(metricOf('prob').score(scoredDocument(logLikelihoods, { gold: 0 }))).toBeCloseTo(0.5, 14);
  expect(metricOf('bits').score(scoredDocument(logLikelihoods, { gold: 0 }))).toBeCloseTo(1, 14);
  expect(metricOf('bits').score(scoredDocument(logLikelihoods, { gold: 2 }))).toBeCloseTo(2, 14);
});

it('bits stay finite where the probability is none in float64', () => {
  const scored = scoredDocument([-1, -2000], { gold: 1 });
  expect(metricOf('prob').score(scored)).toBe(0);
  expect(metricOf('bits').score(scored)).toBeCloseTo(1999 / Math.LN2, 9);
  expect(metricOf('bits').higherIsBetter).toBe(false);
});

it('a thousand choices that are alike have a thousandth each', () => {
  const scored = scoredDocument(new Array(1000).fill(-3000), { gold: 999 });
  expect(metricOf('prob').score(scored)).toBeCloseTo(0.001, 12);
  expect(metricOf('bits').score(scored)).toBeCloseTo(Math.log2(1000), 12);
  expect(metricOf('mrr').score(scored)).toBe(0.001);
});
