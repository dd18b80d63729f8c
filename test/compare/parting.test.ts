import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findPartings } from '../../src/compare/parting.ts';
import { selectBenchmarks } from '../../src/results/benchmarks.ts';
import { readResults } from '../../src/results/read/read.ts';
import { trainingRuns } from '../../src/results/steps.ts';
import { outcomes, writeFlat, writeResults } from '../results/made_results.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hon-eval-parting-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** @param rights by run, how many of 40 documents each step has right; both runs have the first ones right. */
async function partingsOf(name: string, rights: Record<string, number[]>, baseline = 'base') {
  for (const [run, counts] of Object.entries(rights))
    for (const [i, count] of counts.entries()) {
      const right = '1'.repeat(count).padEnd(40, '0');
      const tasks = [outcomes('arc_easy', right), outcomes('piqa', '10'.repeat(20))];
      await writeResults(path.join(folder, name), `runs/${run}/step_${(i + 1) * 100}`, tasks);
    }
  const { models } = await readResults([path.join(folder, name)]);
  return findPartings(trainingRuns(models), baseline, await selectBenchmarks(models, 'acc'), 0.05);
}

test('runs part at the first step from which every difference stays significant', async () => {
  // Levels of looks of which none was passed on: .05 / 2, / 6, / 12, / 20. 8 flips one way have p = .0078 by McNemar's
  // test, 10 have .0020; half of 8 in 40 has .0034 by Student's t.
  const { baseline, partings } = await partingsOf('apart', { base: [10, 10, 10, 10], hon: [18, 10, 18, 20] });
  expect(baseline).toBe('runs/base');
  const found = partings.map(({ run, benchmark, looks, step }) => [run, benchmark?.name ?? 'average', looks, step]);
  expect(found).toEqual([
    ['runs/hon', 'average', 4, 300],
    ['runs/hon', 'arc_easy', 4, 400],
    ['runs/hon', 'piqa', 4, null],
  ]);
});

test('a significant step that does not last, and one the other way, are no parting', async () => {
  const lost = await partingsOf('lost', { base: [10, 10], hon: [30, 11] });
  expect(lost.partings.find(({ benchmark }) => benchmark?.name === 'arc_easy')?.step).toBeNull();
  const crossed = await partingsOf('crossed', { base: [10, 30], hon: [30, 10] });
  expect(crossed.partings.find(({ benchmark }) => benchmark?.name === 'arc_easy')?.step).toBe(200);
});

test('only steps that both runs have are looked at', async () => {
  const { partings } = await partingsOf('shared', { base: [10, 10, 10], hon: [30, 30] });
  expect(partings.find(({ benchmark }) => benchmark?.name === 'arc_easy')).toMatchObject({ looks: 2, step: 100 });
});

test('an unknown baseline is a usage error that names the runs', async () => {
  await expect(partingsOf('unknown', { base: [1], hon: [1] }, 'bose')).rejects.toMatchObject({
    kind: 'usage',
    message: 'Expected --baseline to name one training run of the results (runs/base, runs/hon), got bose.',
  });
});

test('without samples the test is unpaired, and says so', async () => {
  const place = path.join(folder, 'flat');
  for (const [run, acc] of [
    ['base', 0.2],
    ['hon', 0.9],
  ] as const)
    writeFlat(path.join(place, `${run}.json`), `lab/${run}`, { piqa: { acc, acc_stderr: 0.01 } });
  const { models } = await readResults([place]);
  const found = await findPartings(trainingRuns(models), 'base', await selectBenchmarks(models, 'acc'), 0.05);
  expect(found.partings).toMatchObject([{ run: 'lab/hon', looks: 1, step: 143000 }]);
  expect(found.notices).toEqual([expect.stringContaining('tested unpaired')]);
});
