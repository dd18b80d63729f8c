import { expect, it } from 'vitest';
import { evaluateTask } from '../../src/metrics/evaluate.ts';
import { taskRecord } from '../results/example_run.ts';

it("evaluates a task's own metrics, in the registry's order", () => {
  const scored = taskRecord(
    'a',
    [
      [-3, -4],
      [-1, -9],
    ],
    { metrics: ['acc_norm', 'acc'] },
  );
  expect([...evaluateTask(scored)]).toEqual([
    ['acc', { value: 1, stderr: 0, size: 2 }],
    ['acc_norm', { value: 0.5, stderr: 0.5, size: 2 }],
  ]);
});

it('refuses a task without documents by its name', () => {
  expect(() => evaluateTask(taskRecord('empty', []))).toThrow(expect.objectContaining({ kind: 'dataset' }));
  expect(() => evaluateTask(taskRecord('empty', []))).toThrow(/empty/);
});
