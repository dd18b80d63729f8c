import { expect, it } from 'vitest';
import { metricOf } from '../../src/metrics/metrics.ts';

import { scoredDocument } from './scored_document.ts';

const scored = scoredDocument([-4 * Math.LN2, -30 * Math.LN2], {
  choices: ['p−q', 'As it is.'],
  labels: ['answer', 'solution'],
});

it('bits per byte count the bytes of UTF-8', () => {
  expect(metricOf('answer_bits_per_byte').score(scored)).toBeCloseTo(4 / 5, 14); // − takes three
  expect(metricOf('solution_bits_per_byte').score(scored)).toBeCloseTo(30 / 9, 14);
  expect(metricOf('answer_bits_per_byte').higherIsBetter).toBe(false);
});

it('a match is what greedy decoding gives', () => {
  const [answer, solution] = scored.scores;
  const matched = { ...scored, scores: [{ ...answer, greedy: true }, solution] };
  expect([metricOf('answer_match').score(matched), metricOf('solution_match').score(matched)]).toEqual([1, 0]);
  expect(metricOf('answer_match').score(scored)).toBe(0);
});

it('names the document that lacks the text', () => {
  expect(() => metricOf('solution_match').score(scoredDocument([-1], { labels: ['answer'] }))).toThrow(
    expect.objectContaining({
      kind: 'dataset',
      message: 'row 1: expected a text with the label "solution", got answer.',
    }),
  );
  expect(() => metricOf('answer_match').score(scoredDocument([-1]))).toThrow('got none.');
});
