import { describe, expect, it } from 'vitest';
import type { ScoredDocument } from '../../src/harness/record/scored.ts';
import { argmax } from '../../src/metrics/accuracy.ts';
import { metricOf } from '../../src/metrics/metrics.ts';

function scored(choices: string[], logLikelihoods: number[], gold: number): ScoredDocument {
  return {
    document: { index: 0, place: 'row 0', doc: {}, context: '', choices, gold },
    requests: choices.map((choice) => ['', ` ${choice}`]),
    scores: logLikelihoods.map((logLikelihood) => ({ logLikelihood, greedy: false, tokens: 1 })),
    truncatedTokens: 0,
  };
}

function figures(choices: string[], logLikelihoods: number[], gold: number): number[] {
  return (['acc', 'acc_norm', 'acc_bytes'] as const).map((name) =>
    metricOf(name).score(scored(choices, logLikelihoods, gold)),
  );
}

describe('argmax', () => {
  it.each([
    [[1, 3, 2], 1],
    [[3, 1, 3], 0],
    [[1, Number.NaN, 5, Number.NaN], 1],
    [[-Infinity, -Infinity], 0],
    [[], -1],
  ])('of %j is %i', (values, index) => {
    expect(argmax(values)).toBe(index);
  });
});

describe('the accuracies', () => {
  it('divide by nothing, by code points and by bytes of UTF-8', () => {
    // -3, -4; per character -3, -2; per byte -1, -2.
    expect(figures(['模', 'ab'], [-3, -4], 0)).toEqual([1, 0, 1]);
    // -8, -9; two UTF-16 units and four bytes, but one character: -8, -4.5; per byte -2, -4.5.
    expect(figures(['🟥', 'ab'], [-8, -9], 1)).toEqual([0, 1, 0]);
  });

  it('count a combining mark as a character of its own', () => {
    expect(metricOf('acc_norm').choiceScores?.(scored(['e\u0301', '\u00e9'], [-4, -4], 0))).toEqual([-2, -4]);
  });

  it('let the first of equal choices win', () => {
    expect(figures(['a', 'b'], [-1, -1], 0)).toEqual([1, 1, 1]);
    expect(figures(['a', 'b'], [-1, -1], 1)).toEqual([0, 0, 0]);
  });

  it('never choose a choice without length where another has one', () => {
    expect(metricOf('acc_norm').choiceScores?.(scored(['', 'abc'], [-1, -9], 0))).toEqual([-Infinity, -3]);
    expect(figures(['', 'abc'], [-1, -9], 0)).toEqual([1, 0, 0]);
  });

  it.each([-1, 2, 100])('are 0 where the gold index is %i of two choices', (gold) => {
    expect(figures(['a', 'b'], [-1, -2], gold)).toEqual([0, 0, 0]);
  });

  it("agree with NumPy's on a NaN: it is chosen, and stays NaN when divided by no length", () => {
    expect(figures(['a', ''], [-2, Number.NaN], 1)).toEqual([1, 1, 1]);
  });

  it('are for OLMES per character with the delimiter, or less the log-likelihoods without the question', () => {
    const document = scored(['a', 'bcd'], [-3, -7], 1);
    const scores = (normalization?: 'characters' | 'context') =>
      metricOf('acc_olmes').choiceScores?.({
        ...document,
        document: { ...document.document, normalization },
        unconditional: [-1, -6].map((logLikelihood) => ({ logLikelihood, greedy: false, tokens: 1 })),
      });
    expect(scores()).toEqual([-3, -7]);
    expect(scores('characters')).toEqual([-3 / 2, -7 / 4]);
    expect(scores('context')).toEqual([-2, -1]);
    expect(metricOf('acc_olmes').score(document)).toBe(0);
  });
});
