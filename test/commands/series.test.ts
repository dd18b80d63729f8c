/** All checkpoints of a training run by one name. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startHub } from '../hub/hub_server.ts';
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

test('--disk bounds what revisions of the hub take while they are scored', async () => {
  const files = ['config.json', 'tokenizer.json', 'tokenizer_config.json'];
  const content = (step: number) => {
    const weights = readFileSync(join(multihop, 'standard', 'model.safetensors'));
    weights.writeUInt8(step, weights.length - 4);
    const others = files.map((file) => [file, readFileSync(join(multihop, 'standard', file))]);
    return { 'model.safetensors': weights, ...Object.fromEntries(others) };
  };
  const hub = await startHub({
    repositories: {
      'models/lab/run': { revisions: Object.fromEntries([1, 2, 3, 4].map((step) => [`step${step}`, content(step)])) },
    },
  });
  try {
    const size = readFileSync(join(multihop, 'standard', 'model.safetensors')).length / 1e6;
    const score = (disk: number, output: string) => {
      const flags = [
        '-t',
        'multihop_1',
        '--data',
        multihop,
        '--limit',
        '8',
        '-o',
        output,
        '--disk',
        `${disk.toFixed(2)}MB`,
      ];
      const env = { HF_ENDPOINT: hub.url, HF_HOME: join(folder, 'cache'), HF_HUB_OFFLINE: '' };
      return honEval(['run', '-m', 'lab/run@step*', ...flags], { cwd: folder, env });
    };
    const { exitCode, stdout, stderr } = await score(2.5 * size, 'temporary');
    expect([exitCode, stderr]).toEqual([0, expect.not.stringContaining('hon-eval:')]);
    expect([...stdout.matchAll(/step(\d) /g)].map(([, step]) => step)).toEqual(['1', '2', '3', '4']);
    const snapshots = join(folder, 'cache/hub/models--lab--run/snapshots');
    const whole = readdirSync(snapshots).filter((commit) => existsSync(join(snapshots, commit, 'model.safetensors')));
    expect(whole.sort()).toEqual(['step3', 'step4'].map((step) => hub.commit('models/lab/run', step)).sort());

    const refused = await score(size / 2, 'refused');
    expect([refused.exitCode, refused.stderr]).toEqual([
      2,
      expect.stringContaining('Expected --disk to be at least 1 MB'),
    ]);
  } finally {
    await hub.close();
  }
});
