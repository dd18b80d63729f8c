import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { compareSignals } from '../../src/compare/signal.ts';
import { renderSignals } from '../../src/compare/signal_text.ts';
import { pairedDifference } from '../../src/metrics/inference/paired.ts';
import { outcomes, writeJson, writeResults } from '../results/made_results.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hon-eval-signal-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Results of one seed of a model. */
function seed(side: string, number: number, acc: number, bits: number): void {
  writeJson(path.join(folder, side, `seed${number}.json`), {
    results: { quiz: { 'acc,none': acc, 'bits_per_byte,none': bits } },
    config: { model_args: { pretrained: `lab/${side}-seed${number}` } },
  });
}

const compared = (tasks?: string[]) => compareSignals(path.join(folder, 'a'), path.join(folder, 'b'), tasks);

it('over seeds is the difference of the means over the pooled spread, the clearest metric first', async () => {
  for (const [i, acc] of [0.3, 0.32, 0.34].entries()) seed('a', i, acc, 1 + i / 1000);
  for (const [i, acc] of [0.31, 0.35].entries()) seed('b', i, acc, 0.9 + i / 1000);
  const { noise, counts, benchmarks } = await compared();
  expect([noise, counts]).toEqual(['runs', [3, 2]]);
  const [{ metrics }] = benchmarks;
  expect(metrics.map(({ metric }) => metric)).toEqual(['bits_per_byte', 'acc']);
  // numpy: sqrt((2 * var([.3, .32, .34], ddof=1) + var([.31, .35], ddof=1)) / 3)
  const spread = Math.sqrt((2 * 0.0004 + 0.0008) / 3);
  expect(metrics[1]).toMatchObject({ first: expect.closeTo(0.32, 12), second: expect.closeTo(0.33, 12) });
  expect(metrics[1].noise).toBeCloseTo(spread, 12);
  expect(metrics[1].signalToNoise).toBeCloseTo(0.01 / spread, 9);
});

it('of one result a side takes the standard error over the documents', async () => {
  const [a, b] = ['1100', '1110'].map((right) => outcomes('quiz', right));
  await writeResults(folder, 'a', [a]);
  await writeResults(folder, 'b', [b]);
  const comparison = await compared();
  const metrics = new Map(comparison.benchmarks[0].metrics.map((each) => [each.metric, each]));
  expect([...metrics.keys()]).toEqual(
    expect.arrayContaining(['acc', 'acc_norm', 'prob', 'margin', 'gold_bits_per_byte']),
  );
  expect(metrics.get('acc')?.noise).toBeCloseTo(pairedDifference([1, 1, 0, 0], [1, 1, 1, 0]).stderr!, 12);
  expect(metrics.get('margin')).toMatchObject({ first: 0, second: 4 });
  expect(metrics.get('gold_bits_per_byte')?.higherIsBetter).toBe(false);
  const lines = renderSignals(comparison).split('\n');
  expect(lines[3]).toMatch(/^Benchmark +metric +A +B +B - A +noise +signal\/noise$/);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
});

it('refuses results without a benchmark in common', async () => {
  await writeResults(folder, 'a', [outcomes('x', '10')]);
  await writeResults(folder, 'b', [outcomes('y', '10')]);
  await expect(compared()).rejects.toThrow(/no benchmark in common/);
});
