import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { compareResults } from '../../src/compare/compare_results.ts';
import { measure } from '../../src/harness/task/measure.ts';
import type { OwnMetric } from '../../src/harness/task/task.ts';
import { evaluateTask } from '../../src/metrics/evaluate.ts';
import { metricsOf } from '../../src/metrics/metrics.ts';
import { makeTable } from '../../src/report/table/make_table.ts';
import { taskRecord } from '../results/example_run.ts';
import { writeResults } from '../results/made_results.ts';

const confidence: OwnMetric = {
  name: 'confidence',
  description: 'likelihood of the choice that is taken',
  higherIsBetter: true,
  range: [0, 1],
  unit: 'probability',
  score: (_, scores) => Math.exp(Math.max(...scores.map(({ logLikelihood }) => logLikelihood))),
};
const cost: OwnMetric = { ...confidence, name: 'cost', higherIsBetter: false, range: undefined, unit: undefined };

/** A benchmark with metrics of its own, of which `confidence` counts. */
async function measured(scale: number, changes: Partial<OwnMetric> = {}) {
  const ownMetrics = [confidence, { ...cost, ...changes }];
  const values = [-1, -2, -4].map((value) => [value * scale, -9]);
  const record = taskRecord('quiz', values, {
    metrics: ['acc', 'confidence', 'cost'],
    ownMetrics,
    headline: 'confidence',
  });
  return { ...record, documents: await measure(record.task, record.documents) };
}

it('come after those of the list, and may not take their names', async () => {
  const { task } = await measured(1);
  expect(metricsOf(task).map(({ name }) => name)).toEqual(['acc', 'confidence', 'cost']);
  const taken = { ...task, ownMetrics: [{ ...cost, name: 'acc' }] };
  expect(() => metricsOf(taken)).toThrow(/own metric cannot be called acc/);
  expect(() => metricsOf({ metrics: ['acc_nrom'] })).toThrow(/no metric acc_nrom; did you mean acc_norm\?/);
});

it.each([
  ['mean', (Math.exp(-1) + Math.exp(-2) + Math.exp(-4)) / 3],
  ['median', Math.exp(-2)],
  ['perplexity', Math.exp(-(Math.exp(-1) + Math.exp(-2) + Math.exp(-4)) / 3)],
] as const)('are aggregated by their %s', async (aggregation, value) => {
  expect(evaluateTask(await measured(1, { aggregation })).get('cost')?.value).toBeCloseTo(value, 12);
});

it('have to be numbers', async () => {
  await expect(measured(1, { score: () => Number.NaN })).rejects.toMatchObject({
    kind: 'dataset',
    message: 'row 0: expected cost of quiz to be a number, got NaN.',
  });
});

it('are in tables and comparisons, with their range and direction', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'hon-eval-own-'));
  try {
    await writeResults(folder, 'a', [await measured(1)]);
    await writeResults(folder, 'b', [await measured(1.5)]);
    const { table } = await makeTable([folder], { alpha: null });
    expect(table.columns).toMatchObject([{ metric: 'confidence', unit: 'probability', higherIsBetter: true }]);
    expect((await makeTable([folder], { alpha: null, metric: 'cost' })).table.columns[0].higherIsBetter).toBe(false);
    const options = { metric: 'customary', flips: false, confidence: 0.95, resamples: 200, seed: 0 };
    const { comparison } = await compareResults(path.join(folder, 'a'), path.join(folder, 'b'), options);
    expect(comparison.benchmarks[0]).toMatchObject({ paired: true, size: 3 });
    await writeResults(folder, 'c', [await measured(-1)]);
    await expect(makeTable([folder], { alpha: null })).rejects.toThrow(/confidence of quiz to be from 0 to 1, got/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
