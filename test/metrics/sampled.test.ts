import { describe, expect, it } from 'vitest';
import { sampledTask } from '../../src/harness/generate/sampled_task.ts';
import type { GradedSample, ScoredDocument } from '../../src/harness/record/scored.ts';
import { evaluateTask } from '../../src/metrics/evaluate.ts';
import { metricOf } from '../../src/metrics/metrics.ts';
import { taskRecord } from '../results/example_run.ts';

function written(correct: boolean, tokens: number, finish: GradedSample['finish'] = 'eos'): GradedSample {
  return { text: '', tokens, finish, verdict: { correct, answer: null, outcome: 'graded' } };
}

function problem(...samples: GradedSample[]): ScoredDocument {
  const document = { index: 0, place: 'row 1', doc: {}, context: 'P', choices: [], gold: 0, target: '1' };
  return { document, requests: [['P', '']], scores: [], truncatedTokens: 0, samples };
}

const score = (name: string, scored: ScoredDocument) => metricOf(name).score(scored);

describe('figures of written answers', () => {
  const four = problem(
    written(true, 10),
    written(false, 20, 'length'),
    written(false, 30, 'context'),
    written(true, 40, 'stop'),
  );

  it('are shares, means and the unbiased pass@k', () => {
    expect(score('exact_match', four)).toBe(0.5);
    expect(score('response_tokens', four)).toBe(25);
    expect(score('cut_off', four)).toBe(0.5);
    expect(score('pass@1', four)).toBe(0.5);
    expect(score('pass@2', four)).toBeCloseTo(5 / 6, 12);
    expect(score('pass@4', four)).toBe(1);
  });

  it('are not there without samples', () => {
    expect(() => score('exact_match', problem())).toThrow('row 1: there are no samples.');
  });

  it('have standard errors over problems', () => {
    const documents = [four, problem(written(true, 1), written(true, 1), written(true, 1), written(true, 1))];
    const task = sampledTask(taskRecord('made', []).task, 4);
    const estimates = evaluateTask({ task, documents });
    expect([...estimates.keys()]).toEqual(['exact_match', 'response_tokens', 'cut_off', 'pass@2', 'pass@4']);
    expect(estimates.get('exact_match')).toEqual({ value: 0.75, stderr: 0.25, size: 2 });
  });
});

describe('sampledTask', () => {
  it.each([
    [1, []],
    [2, ['pass@2']],
    [6, ['pass@2', 'pass@4', 'pass@6']],
    [8, ['pass@2', 'pass@4', 'pass@8']],
  ])('of %i samples a problem has pass@k for powers of two and for all', (samples, passes) => {
    const { metrics, headline } = sampledTask(taskRecord('made', []).task, samples);
    expect(metrics).toEqual(['exact_match', 'response_tokens', 'cut_off', ...passes]);
    expect(headline).toBe('exact_match');
  });
});
