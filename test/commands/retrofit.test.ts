import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { writeCheckpoint } from './checkpoint.ts';
import { filesBelow, honEval, sharedFolder } from './program.ts';

const rows = join(import.meta.dirname, '../fixtures/tasks');

let folder: string;
beforeAll(async () => {
  folder = await sharedFolder();
  writeCheckpoint(join(folder, 'base'));
});

const retrofit = (...args: string[]) => honEval(['retrofit', '--model', 'base', ...args], { cwd: folder });

describe.concurrent('retrofit', () => {
  test('writes a checkpoint that run scores', async () => {
    const { exitCode, stdout, stderr } = await retrofit('--out', 'hon');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.stringMatching(/^write {2}.* MiB.*\n$/) });
    expect(stdout).toBe('hon: GPTNeoXForCausalLM, Hon-QK, 16.0 K parameters, 3.26 K of them new\n');
    expect(filesBelow(join(folder, 'hon'))).toContain('modeling_hon.py');
    const args = ['run', '--model', 'hon', '--data', rows, '--tasks', 'piqa', '--quiet'];
    const run = await honEval(args, { cwd: folder });
    expect(run).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^hon +[.\d]+$/m) });
  });

  test('takes any setting, and prints JSON', async () => {
    const setting = ['--order', '3', '--projections', 'v,q,v', '--inner', 'shared', '--seed', '7'];
    const { stdout } = await retrofit(...setting, '--out', 'shared', '--quiet', '--json');
    expect(JSON.parse(stdout)).toEqual({
      version: 1,
      folder: 'shared',
      architecture: 'GPTNeoXForCausalLM',
      hon: { order: 3, projections: ['q', 'v'], inner: 'shared' },
      label: 'Hon-QV, order 3, shared',
      parameters: 12736,
      added: 0,
    });
  });

  test('does not write into a folder with files', async () => {
    writeCheckpoint(join(folder, 'used'));
    writeFileSync(join(folder, 'used', 'mine'), '');
    const before = filesBelow(join(folder, 'used'));
    const { exitCode, stdout, stderr } = await retrofit('--out', 'used');
    expect({ exitCode, stdout }).toEqual({ exitCode: 9, stdout: '' });
    expect(stderr).toMatch(/^hon-eval: The folder .*used is not empty; name another one with --out\.\n$/);
    expect(filesBelow(join(folder, 'used'))).toEqual(before);
  });

  test.each([
    [['--out', 'new', '--order', '1'], /order.*greater than or equal to 2/],
    [['--out', 'new', '--projections', 'q,o'], /--projections to be one of q, k, v, got o/],
    [['--out', 'new', '--inner', 'tied'], /--inner to be one of shared, separate, self, got tied/],
    [[], /Expected --out, /],
  ])('%j is refused', async (args, says) => {
    const { exitCode, stderr } = await retrofit(...args);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringMatching(says) });
    expect(filesBelow(join(folder, 'new'))).toEqual([]);
  });
});
