import { expect, it } from 'vitest';
import { breakDown } from '../../src/metrics/breakdown.ts';
import { taskRecord } from '../results/example_run.ts';

const right = [-1, -9];
const wrong = [-9, -1];

it('evaluates the documents of each category, numbers in their order', () => {
  const scored = taskRecord('a', [right, wrong, right, right], { metrics: ['acc'] });
  const levels = ['10', '2', '10'];
  for (const [i, level] of levels.entries()) scored.documents.at(i)!.document.categories = { level };
  scored.documents.at(3)!.document.categories = { subject: 'Algebra' };
  const breakdown = breakDown(scored);
  expect([...breakdown.keys()]).toEqual(['level', 'subject']);
  expect([...breakdown.get('level')!.keys()]).toEqual(['2', '10']);
  expect(breakdown.get('level')!.get('10')!.get('acc')).toEqual({ value: 1, stderr: 0, size: 2 });
  expect(breakdown.get('level')!.get('2')!.get('acc')).toEqual({ value: 0, stderr: null, size: 1 });
  expect(breakdown.get('subject')!.get('Algebra')!.get('acc')).toEqual({ value: 1, stderr: null, size: 1 });
});

it('is empty where rows name no categories', () => {
  expect(breakDown(taskRecord('a', [right])).size).toBe(0);
});
