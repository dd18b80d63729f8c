import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import * as distributions from '../../../src/metrics/inference/distributions.ts';
import {
  averageDifference,
  confidenceInterval,
  countFlips,
  detectableDifference,
  holm,
  mcnemarPValue,
  mcnemarWorsePValue,
  pairedDifference,
  type SeparateMean,
  studentPValue,
  unpairedDifference,
} from '../../../src/metrics/inference/paired.ts';

/** SciPy's and statsmodels' answers; test/python/paired_tests.py writes them. */
const cases = JSON.parse(readFileSync(join(import.meta.dirname, '../../fixtures/statistics.json'), 'utf8'));

/** Equal in the first nine digits, or so near to zero that it makes no difference. */
function expectClose(actual: number | null, expected: number): void {
  expect(Math.abs(actual! - expected)).toBeLessThanOrEqual(1e-9 * Math.abs(expected) + 1e-14);
}

const digits = (text: string) => [...text].map(Number);

test.each(['studentCdf', 'studentQuantile', 'normalCdf', 'normalQuantile', 'binomialCdf'] as const)(
  "%s is SciPy's",
  (name) => {
    const compute = Object.entries(distributions).find(([key]) => key === name)![1] as (...row: number[]) => number;
    const rows: number[][] = cases.distributions[name];
    expect(rows.length).toBeGreaterThan(5);
    for (const row of rows) expectClose(compute(...row.slice(0, -1)), row.at(-1)!);
  },
);

describe('paired differences', () => {
  test.each(cases.paired as PairedCase[])('of $first.length documents are those of ttest_rel and mcnemar', (answer) => {
    const [first, second] = [digits(answer.first), digits(answer.second)];
    const difference = pairedDifference(first, second);
    expectClose(difference.value, answer.value);
    expectClose(difference.stderr, answer.stderr);
    const interval = confidenceInterval(difference, 0.95)!;
    for (const i of [0, 1]) expectClose(interval[i], answer.interval[i] ?? difference.value);
    expectClose(studentPValue(difference), answer.p ?? 1);
    const flips = countFlips(first, second)!;
    expectClose(mcnemarPValue(flips), answer.mcnemar);
    expectClose(mcnemarWorsePValue(flips), answer.worse);
  });

  interface PairedCase {
    first: string;
    second: string;
    value: number;
    stderr: number;
    interval: (number | null)[];
    p: number | null;
    mcnemar: number;
    worse: number;
  }

  it('have no interval and no p-value for a single document', () => {
    const difference = pairedDifference([1], [0]);
    expect(difference).toMatchObject({ value: -1, stderr: null });
    expect(confidenceInterval(difference, 0.95)).toBeNull();
    expect(studentPValue(difference)).toBeNull();
  });

  it('are certain where every document says the same', () => {
    expect(studentPValue(pairedDifference([1, 0, 1], [1, 0, 1]))).toBe(1);
    expect(studentPValue(pairedDifference([1, 1, 1], [0, 0, 0]))).toBe(0);
    expect(confidenceInterval(pairedDifference([1, 1, 1], [0, 0, 0]), 0.95)).toEqual([-1, -1]);
  });
});

describe('unpaired differences', () => {
  test.each(cases.unpaired as UnpairedCase[])('of $means.0.size and $means.1.size documents are Welch', (answer) => {
    const difference = unpairedDifference(answer.means[0], answer.means[1]);
    expectClose(difference.df, answer.df);
    expectClose(studentPValue(difference), answer.p);
    const interval = confidenceInterval(difference, 0.95)!;
    for (const i of [0, 1]) expectClose(interval[i], answer.interval[i]);
  });

  interface UnpairedCase {
    means: [SeparateMean, SeparateMean];
    df: number;
    p: number;
    interval: number[];
  }

  it('are normal where the sizes are not known', () => {
    const difference = unpairedDifference(
      { value: 0.5, stderr: 0.03, size: null },
      { value: 0.6, stderr: 0.04, size: null },
    );
    expect(difference.stderr).toBeCloseTo(0.05, 12);
    expectClose(confidenceInterval(difference, 0.95)![1], 0.1 + 1.959963984540054 * 0.05);
  });
});

test('the average weighs benchmarks alike', () => {
  const average = averageDifference([
    { value: 0.1, stderr: 0.03, df: 100 },
    { value: -0.2, stderr: 0.04, df: 50 },
  ]);
  expect(average.value).toBeCloseTo(-0.05, 12);
  expect(average.stderr).toBeCloseTo(0.025, 12);
  expectClose(average.df, 0.025 ** 4 / (0.015 ** 4 / 100 + 0.02 ** 4 / 50));
  expect(averageDifference([{ value: 0, stderr: null, df: 0 }]).stderr).toBeNull();
});

test.each(cases.holm as { p: number[]; adjusted: number[] }[])('holm($p) is that of multipletests', (answer) => {
  const adjusted = holm(answer.p);
  expect(adjusted).toHaveLength(answer.adjusted.length);
  for (const [i, value] of adjusted.entries()) expectClose(value, answer.adjusted[i]);
});

describe('detectableDifference', () => {
  test.each(cases.detectable as Record<string, number>[])(
    'is $effect for a standard error of $stderr',
    ({ alpha, power, stderr, effect }) => {
      expectClose(detectableDifference(stderr, { alpha, power }), effect);
    },
  );

  it('is never less than the fewest flips that can be significant', () => {
    const sixAlike = { gained: 0, lost: 6 };
    expect(mcnemarPValue(sixAlike)).toBeLessThanOrEqual(0.05);
    expect(mcnemarPValue({ gained: 0, lost: 5 })).toBeGreaterThan(0.05);
    expect(detectableDifference(0, { alpha: 0.05, power: 0.8 }, 300)).toBe(6 / 300);
    expect(detectableDifference(0.05, { alpha: 0.05, power: 0.8 }, 300)).toBeGreaterThan(6 / 300);
  });
});

test('only scores of 0 and 1 flip', () => {
  expect(countFlips([0, 1, 1, 0], [1, 0, 1, 1])).toEqual({ gained: 2, lost: 1 });
  expect(countFlips([0, 0.5], [1, 1])).toBeNull();
});
