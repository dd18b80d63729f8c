import { expect, test } from 'vitest';
import { calibrationError, predict, reliability, wilsonInterval } from '../../src/metrics/calibration.ts';
import { goldMargin, softmax } from '../../src/metrics/softmax.ts';

test('softmax does not overflow', () => {
  expect(softmax([-1000, -1000 + Math.log(3)])).toEqual([expect.closeTo(0.25, 12), expect.closeTo(0.75, 12)]);
  expect(softmax([0, Number.NEGATIVE_INFINITY])).toEqual([1, 0]);
});

test('the margin is that over the best wrong choice', () => {
  expect(goldMargin([-3, -1, -7], 0)).toBe(-2);
  expect(goldMargin([-3, -1, -7], 1)).toBe(2);
  expect(goldMargin([-3], 0)).toBeNull();
  expect(goldMargin([-3, -1], null)).toBeNull();
  expect(goldMargin([-3, -1], 2)).toBeNull();
});

test('a prediction is the most likely choice with its share of the probability', () => {
  expect(predict([Math.log(0.2), Math.log(0.6), Math.log(0.2)], 1)).toEqual({
    confidence: expect.closeTo(0.6, 12),
    right: true,
  });
  expect(predict([-1, -2], 1)).toMatchObject({ right: false });
});

test.each([
  [[-1, -2], null],
  [[-1], 0],
  [[-1, Number.NaN], 0],
  [[-1, Number.NEGATIVE_INFINITY], 0],
])('there is no prediction of %j with %j', (logLikelihoods, gold) => {
  expect(predict(logLikelihoods, gold)).toBeNull();
});

test('predictions fall into ten bins, certainty into the last', () => {
  const predictions = [
    { confidence: 0.62, right: true },
    { confidence: 0.68, right: false },
    { confidence: 1, right: true },
  ];
  const bins = reliability(predictions);
  expect(bins).toEqual([
    { confidence: expect.closeTo(0.65, 12), accuracy: 0.5, interval: wilsonInterval(1, 2), count: 2 },
    { confidence: 1, accuracy: 1, interval: wilsonInterval(1, 1), count: 1 },
  ]);
  expect(calibrationError(bins)).toBeCloseTo((2 * 0.15) / 3, 12);
});

/** scipy.stats.binomtest(8, 10).proportion_ci(method='wilson'), and of 0 in 5. */
test("Wilson's interval is SciPy's", () => {
  expect(wilsonInterval(8, 10)).toEqual([expect.closeTo(0.4901625, 6), expect.closeTo(0.9433178, 6)]);
  expect(wilsonInterval(0, 5)).toEqual([0, expect.closeTo(0.4344825, 6)]);
});
