import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import type { Plan } from '../../src/harness/shard/plan.ts';
import { describeJob, type JobOptions } from '../../src/submit/job.ts';
import { manifests } from '../../src/submit/kubernetes.ts';
import { type Profile, readProfile } from '../../src/submit/profile.ts';
import { taskFile } from '../../src/submit/skypilot.ts';
import { arrayScript, collectScript } from '../../src/submit/slurm.ts';

/** Its name has what shells trip over. */
const folder = join(mkdtempSync(join(tmpdir(), 'hon-eval-submit-')), `a "user's" $HOME\\sweep`);
const [shim, record] = [join(folder, 'bin'), join(folder, 'record')];
beforeAll(() => {
  mkdirSync(shim, { recursive: true });
  const program = (name: string, text: string) => {
    writeFileSync(join(shim, name), `#!/bin/bash\n${text}\n`);
    chmodSync(join(shim, name), 0o755);
  };
  const say = 'printf "%s|" "$(basename "$0")" "$@" >> "$RECORD"; echo >> "$RECORD"';
  program('scontrol', say);
  program(
    'hon-eval',
    `${say}\n[ "$1" != "$SLOW" ] || { trap 'exit 75' TERM; for i in $(seq 500); do sleep 0.01; done; }\nexit "$CODE"`,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const plan = { begun: '2026-01-01T00:00:00.000Z', shards: 8, models: [{ label: 'a' }, { label: 'b' }] } as Plan & {
  shards: number;
};
const usual = await readProfile(undefined);

function job(profile: Partial<Profile> = {}, options: Partial<JobOptions> = {}) {
  const places = { plan: join(folder, 'plan.json'), output: join(folder, 'O'), folder, shardFlags: [] };
  return describeJob(plan, { ...usual, ...profile }, { ...places, ...options }, (label) => join(folder, 'O', label));
}

/** What a script ends with, and the programs that it has called, with their arguments. */
function start(script: string, env: Record<string, string>) {
  const file = join(folder, 'script.sh');
  writeFileSync(file, script);
  writeFileSync(record, '');
  const child = spawn('bash', [file], {
    cwd: folder,
    env: { PATH: `${shim}:${process.env.PATH}`, RECORD: record, SLURM_JOB_ID: '7', CODE: '0', ...env },
    stdio: 'ignore',
  });
  const calls = () =>
    readFileSync(record, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => line.split('|').slice(0, -1));
  return { child, calls, ended: once(child, 'exit').then(([code]) => ({ code, calls: calls() })) };
}

describe('for Slurm', () => {
  const script = arrayScript(job({ at_once: 3, gpus: 'a100:2', memory: 32 }), { partition: 'gpu', exclusive: true });

  test('a job array has what was asked for', () => {
    const directives = [...script.matchAll(/^#SBATCH --(.*)$/gm)].map(([, directive]) => directive);
    expect(directives).toEqual([
      expect.stringMatching(/^job-name=hon-eval-[0-9a-f]{8}$/),
      `chdir="${folder.replace(/["\\]/g, '\\$&')}"`,
      'array=0-7%3',
      `output="${join(folder, 'O/logs/%A_%a.log').replace(/["\\]/g, '\\$&')}"`,
      ...[
        'open-mode=append',
        'requeue',
        'signal=B:TERM@90',
        'gres=gpu:a100:2',
        'mem=32G',
        'partition=gpu',
        'exclusive',
      ],
    ]);
    expect(arrayScript(job({}, { missing: '3,5-6' }), {})).toContain('\n#SBATCH --array=3,5-6\n');
  });

  test.each([
    [0, '0', false],
    [75, '9', true],
    [143, '9', true],
    [7, '0', true],
    [10, '2', true],
    [137, '0', true],
    [7, '3', false],
    [4, '0', false],
    [1, '0', false],
  ])('a shard that ends with %d after %s restarts: it is started again: %s', async (code, restarts, again) => {
    const { ended } = start(script, { CODE: `${code}`, SLURM_RESTART_COUNT: restarts });
    const shard = ['hon-eval', 'run', '--plan', join(folder, 'plan.json'), '--shard', 'auto'];
    const calls = [
      [...shard, '--output', join(folder, 'O'), '--quiet'],
      ...(again ? [['scontrol', 'requeue', '7']] : []),
    ];
    expect(await ended).toEqual({ code, calls });
  });

  test('a signal to the script reaches the shard, which is waited for', async () => {
    const { child, calls, ended } = start(script, { SLOW: 'run' });
    while (calls().length < 1 || calls()[0].length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await new Promise((resolve) => setTimeout(resolve, 100));
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 75, calls: [{}, ['scontrol', 'requeue', '7']] });
  });

  test('what is collected is judged, model by model, and what is not is not', async () => {
    const collect = collectScript(job({}, { baseline: join(folder, 'O/a'), gateConfig: 'g' }), { time: '1', mem: '9' });
    expect(collect).toContain('#SBATCH --time=1\n');
    expect(collect).not.toContain('--mem');
    const gate = [
      'hon-eval',
      'gate',
      '--baseline',
      join(folder, 'O/a'),
      '--candidate',
      join(folder, 'O/b'),
      '--config',
      'g',
    ];
    expect(await start(collect, {}).ended).toEqual({
      code: 0,
      calls: [['hon-eval', 'collect', join(folder, 'O')], gate],
    });
    expect(await start(collect, { CODE: '11' }).ended).toMatchObject({ code: 11, calls: [{}] });
  });
});

describe('for Kubernetes', () => {
  const profile = { env: { A: '1' }, gpus: 'h100:4', memory: 8, at_once: 2 };
  const parsed = (options: Partial<Profile['kubernetes']> = {}) =>
    parseAllDocuments(manifests(job(profile), 'image', { ...usual.kubernetes, ...options })).map((each) => each.toJS());

  test('an Indexed Job fails, counts and ignores ends by their exit codes', () => {
    const [claim, shards, collect] = parsed();
    expect(shards.spec).toMatchObject({ completionMode: 'Indexed', completions: 8, parallelism: 2 });
    const rules = shards.spec.podFailurePolicy.rules.map((rule: Record<string, { values?: number[] }>) => [
      rule.action,
      rule.onExitCodes?.values,
    ]);
    expect(rules).toEqual([
      ['FailIndex', [2, 3, 4, 5, 6, 11]],
      ['Ignore', [75]],
      ['Count', [7, 10]],
      ['Ignore', undefined],
    ]);
    const { containers, volumes } = shards.spec.template.spec;
    expect(containers[0].resources.limits).toEqual({ memory: '8Gi', 'nvidia.com/gpu': 4 });
    expect(volumes[0].persistentVolumeClaim.claimName).toBe(claim.metadata.name);
    expect(collect.spec.template.spec.containers[0].resources).toEqual({});
  });

  test("a container's shell reads names as they are", () => {
    const [, shards] = parsed();
    const [{ command, args }] = shards.spec.template.spec.containers;
    const env = { PATH: `${shim}:${process.env.PATH}`, RECORD: record, CODE: '0' };
    writeFileSync(record, '');
    execFileSync(command[0], [...command.slice(1), ...args], { env });
    expect(readFileSync(record, 'utf8')).toContain(`|--output|${join(folder, 'O')}|`);
  });

  test('a claim that is there is used', () => {
    expect(parsed({ claim: 'own' }).map(({ kind }) => kind)).toEqual(['Job', 'Job']);
  });
});

test('for SkyPilot a node is a shard, and the first collects', () => {
  const { resources, run, num_nodes } = parse(
    taskFile(job({ gpus: 'A100:1', cpus: 4 }), { resources: { use_spot: true } }),
  );
  expect([num_nodes, resources]).toEqual([
    8,
    {
      accelerators: 'A100:1',
      cpus: '4+',
      job_recovery: { max_restarts_on_errors: 3, recover_on_exit_codes: [75, 7, 10] },
      use_spot: true,
    },
  ]);
  expect(run).toMatch(/\[ "\$SKYPILOT_NODE_RANK" = 0 \] \|\| exit 0\nhon-eval collect .* --watch --quiet/);
  expect(() => taskFile(job({ gpus: '1' }), {})).toThrow('such as --gpus A100:1');
});

describe('a profile', () => {
  const read = (text: string) => {
    const file = join(folder, 'profile.yaml');
    writeFileSync(file, text);
    return readProfile(file);
  };

  test('is YAML, and may be empty', async () => {
    expect(await read('')).toEqual(usual);
    expect(await read('gpus: 2\nslurm: {time: 02:00:00}\nenv: {A: 1}')).toMatchObject({
      gpus: '2',
      slurm: { time: '02:00:00' },
      env: { A: '1' },
    });
  });

  test.each([
    ['gpus: many', 'gpus: expected a number, or a kind and a number'],
    ['slurm: {"a b": 1}', 'slurm'],
    ['slurn: {}', 'slurn'],
    ['a: [', 'Cannot read the profile'],
  ])('is refused by name: %s', async (text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });
});
