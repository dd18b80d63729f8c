import { expect, it } from 'vitest';
import type { Task } from '../../src/harness/task/task.ts';
import { evaluateSignals } from '../../src/metrics/evaluate.ts';
import { signalsOf } from '../../src/metrics/signal.ts';
import { scoredDocument } from './scored_document.ts';

const task = { name: 't', metrics: ['acc'] } as unknown as Task;
const choices = ['ab', 'é', 'abcd'];

/** softmax of the first of some numbers. */
const share = (...values: number[]) => Math.exp(values[0]) / values.reduce((sum, value) => sum + Math.exp(value), 0);

it('are the probability of the right choice by itself and among all, and its margin', () => {
  const scored = scoredDocument([-2, -3, -4], { choices, gold: 0 });
  scored.scores = scored.scores.map((score, i) => ({ ...score, tokens: [1, 3, 2][i] }));
  const signals = signalsOf(scored);
  expect(signals.gold_bits_per_byte).toBeCloseTo(2 / Math.LN2 / 2, 14);
  expect(signals.prob).toBeCloseTo(share(-2, -3, -4), 14);
  expect(signals.prob_norm).toBeCloseTo(share(-2 / 2, -3 / 1, -4 / 4), 14);
  expect(signals.prob_bytes).toBeCloseTo(share(-2 / 2, -3 / 2, -4 / 4), 14);
  expect(signals.prob_tokens).toBeCloseTo(share(-2 / 1, -3 / 3, -4 / 2), 14);
  expect(signals.margin).toBe(1);
});

it('with log-likelihoods without a context are by how much likelier the context makes a choice', () => {
  const scored = scoredDocument([-2, -3]);
  expect(signalsOf(scored)).not.toHaveProperty('prob_mutual_info');
  scored.unconditional = [-5, -4].map((logLikelihood) => ({ logLikelihood, greedy: false, tokens: 1 }));
  expect(signalsOf(scored).prob_mutual_info).toBeCloseTo(share(3, 1), 14);
});

it('leave out what is no number', () => {
  const scored = scoredDocument([-2, -3], { choices: ['', 'a'] });
  expect(Object.keys(signalsOf(scored))).toEqual(['prob', 'prob_norm', 'prob_bytes', 'prob_tokens', 'margin']);
});

it.each([
  ['texts side by side', { labels: ['answer', 'solution'] }],
  ['a right choice that is none of them', { gold: 7 }],
])('there are none of %s', (_, changes) => {
  expect(signalsOf(scoredDocument([-1, -2], changes))).toEqual({});
});

it('are averaged over documents, with standard errors', () => {
  const documents = [scoredDocument([-1, -2]), scoredDocument([-1, -4])];
  expect(evaluateSignals({ task, documents }).get('margin')).toEqual({ value: 2, stderr: 1, size: 2 });
  expect(evaluateSignals({ task: { ...task, metrics: ['margin'] }, documents }).has('margin')).toBe(false);
});
