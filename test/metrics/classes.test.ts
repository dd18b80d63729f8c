import { expect, test } from 'vitest';
import { metricOf } from '../../src/metrics/metrics.ts';
import { scoredDocument } from './scored_document.ts';

/** Documents whose right and chosen classes are given. */
function documents(golds: number[], choices: number[], classes: number) {
  return golds.map((gold, i) =>
    scoredDocument(
      Array.from({ length: classes }, (_, choice) => (choice === choices[i] ? -1 : -2)),
      { gold },
    ),
  );
}

const golds = Array.from({ length: 40 }, (_, i) => (i * i + Math.floor(i / 3)) % 2);
const choices = golds.map((gold, i) => ((i * 7) % 5 < 3 ? gold : 1 - gold));

test.each([
  ['f1', 0.4666666666666667, 0.11476348150180815],
  ['mcc', 0.15926123336724013, 0.16022460777105785],
])("%s is scikit-learn's, and its standard error is lm-evaluation-harness's", (name, value, stderr) => {
  const estimate = metricOf(name).estimate!(documents(golds, choices, 2));
  // `bootstrap_stderr(f1_score, items, 100000)` of 0.4.13.
  expect(estimate).toEqual({ value: expect.closeTo(value, 14), stderr: expect.closeTo(stderr, 12), size: 40 });
});

test("of several classes mcc is scikit-learn's too, and F1s that are averaged over classes have no standard error", () => {
  const golds = Array.from({ length: 12 }, (_, i) => (i * i + Math.floor(i / 3)) % 3);
  const choices = golds.map((gold, i) => ((i * 7) % 5 < 3 ? gold : (gold + 1) % 3));
  const made = documents(golds, choices, 3);
  expect(metricOf('mcc').estimate!(made).value).toBeCloseTo(0.48924605479008165, 14);
  expect(metricOf('f1_weighted').estimate!(made)).toEqual({
    value: expect.closeTo(0.6601731601731602, 14),
    stderr: null,
    size: 12,
  });
  expect(metricOf('f1_micro').estimate!(made)).toEqual({ value: expect.closeTo(2 / 3, 14), stderr: null, size: 12 });
});

test('without a class there is no F1, and without a second class no correlation', () => {
  const made = documents([0, 0], [0, 0], 2);
  expect(metricOf('f1').estimate!(made)).toMatchObject({ value: 0, stderr: 0 });
  expect(metricOf('mcc').estimate!(made)).toMatchObject({ value: 0, stderr: 0 });
});
