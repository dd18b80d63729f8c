/** All checkpoints of a training run by one name. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { filesBelow, honEval, sharedFolder, written } from './program.ts';

const folder = await sharedFolder();
const multihop = join(import.meta.dirname, '../fixtures/multihop');
const steps = [500, 1000, 2000];

for (const step of steps) cpSync(join(multihop, 'standard'), join(folder, 'exp1', `step_${step}`), { recursive: true });
mkdirSync(join(folder, 'exp1', 'step_1500'));
writeFileSync(join(folder, 'exp1', 'step_1500', 'config.json'), '{}');

const run = (model: string, output: string, ...more: string[]) =>
  honEval(
    ['run', '-m', model, '-t', 'multihop_1,multihop_2', '--data', multihop, '--limit', '20', '-o', output, ...more],
    { cwd: folder },
  );

test('a folder of checkpoints is scored in the order of steps, and one that is bad does not stop the rest', async () => {
  const { exitCode, stdout, stderr } = await run('exp1', 'all');
  expect(exitCode).toBe(3);
  expect(stderr).toMatch(/^hon-eval: exp1\/step_1500 is left out: /m);
  expect([...stdout.matchAll(/^step_(\d+) /gm)].map(([, step]) => Number(step))).toEqual(steps);

  // Batches that an earlier checkpoint was asked give the same figures as those made for one alone.
  for (const step of steps) {
    await run(join('exp1', `step_${step}`), 'single');
    const [all, single] = ['all', 'single'].map((output) => written(join(folder, output), `exp1__step_${step}`));
    expect(all.samples).toEqual(single.samples);
    expect(all.results.results).toEqual(single.results.results);
  }

  const files = filesBelow(join(folder, 'all'));
  const again = await run('exp1', 'all');
  expect(again.stderr).not.toMatch(/documents\/s/);
  expect(filesBelow(join(folder, 'all'))).toEqual(files);
});

test('--every and --last choose among them', async () => {
  const { stdout } = await run('exp1/step_*0', 'some', '--every', '2', '--last', '1', '--quiet');
  expect([...stdout.matchAll(/^step_(\d+) /gm)].map(([, step]) => Number(step))).toEqual([2000]);
});
