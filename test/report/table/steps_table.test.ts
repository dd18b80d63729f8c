import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeTable } from '../../../src/report/table/make_table.ts';
import { outcomes, writeResults } from '../../results/made_results.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hon-eval-steps-'));
  for (const [run, step, right] of [
    ['base', 1000, 10],
    ['base', 200, 10],
    ['hon', 1000, 24],
    ['hon', 200, 11],
  ] as const) {
    const tasks = [outcomes('arc_easy', '1'.repeat(right).padEnd(40, '0')), outcomes('piqa', '10'.repeat(20))];
    await writeResults(path.join(folder, run), `runs/${run}/step_${step}`, tasks);
  }
});
afterAll(() => rm(folder, { recursive: true }));

test('a row a step, by run and in the order of steps', async () => {
  const { table } = await makeTable([folder], { alpha: 0.05, steps: true, tokensPerStep: 1e6 });
  expect(table.attributeTitles).toEqual(['Step', 'Tokens']);
  expect(table.rows.map(({ label, attributes, cells }) => [label, attributes, cells[0]?.value])).toEqual([
    ['base', ['200', '200 M'], 0.25],
    ['base', ['1000', '1.00 B'], 0.25],
    ['hon', ['200', '200 M'], 0.275],
    ['hon', ['1000', '1.00 B'], 0.6],
  ]);
});

test('a label names the run of a folder, and notes say where it parts from the baseline', async () => {
  const places = [`A=${path.join(folder, 'base')}`, `B=${path.join(folder, 'hon')}`];
  const { table, notices } = await makeTable(places, { alpha: 0.05, steps: true, baseline: 'A' });
  expect(table.rows.map(({ label }) => label)).toEqual(['A', 'A', 'B', 'B']);
  expect(table.notes).toEqual([
    'Metric: acc',
    'B against A: stays apart on the average from step 1000, ARC-E from step 1000; not on PIQA',
    'Apart: differs at every step to the last, tested over the same documents at 0.05 for all looks together (online fallback, arXiv:1910.04900)',
  ]);
  expect(notices).toEqual([]);
});

test('without training runs there is nothing to show', async () => {
  const other = path.join(folder, '..', `${path.basename(folder)}-other`);
  await writeResults(other, 'lab/model', [outcomes('piqa', '10')]);
  await expect(makeTable([other], { alpha: null, steps: true })).rejects.toMatchObject({
    kind: 'results',
    message: expect.stringMatching(/^Expected checkpoints of a training run/),
  });
  await rm(other, { recursive: true });
});
