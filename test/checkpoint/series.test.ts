import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { checkpointsOf, expandBraces } from '../../src/checkpoint/series.ts';
import { stubHub } from '../hub/environment.ts';
import { type HubServer, startHub } from '../hub/hub_server.ts';

const folder = mkdtempSync(join(tmpdir(), 'hon-eval-series-'));
let hub: HubServer;

beforeAll(async () => {
  for (const name of ['exp1/step_9', 'exp1/step_1000', 'exp1/step_200', 'exp1/logs', 'exp2/checkpoint-5', 'other'])
    mkdirSync(join(folder, name), { recursive: true });
  mkdirSync(join(folder, 'model', 'checkpoint-1'), { recursive: true });
  writeFileSync(join(folder, 'model', 'config.json'), '{}');
  const revisions = { main: {}, step1: {}, step1000: {}, step64: {}, 'stage2/step7': {} };
  const files = { 'config.json': '{}' };
  const content = Object.fromEntries(Object.keys(revisions).map((name) => [name, { ...files, name }]));
  hub = await startHub({ repositories: { 'models/lab/pythia': { revisions: content } } });
  stubHub(hub.url, folder);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await hub.close();
  await rm(folder, { recursive: true });
});

const below = (...names: string[]) => names.map((name) => join(folder, name));

describe('a series of folders', () => {
  test('is what a folder of checkpoints holds, in the order of steps', async () => {
    expect(await checkpointsOf(join(folder, 'exp1'))).toEqual(below('exp1/step_9', 'exp1/step_200', 'exp1/step_1000'));
  });

  test('is what a pattern matches', async () => {
    expect(await checkpointsOf(join(folder, 'exp*', '*-{5,6}'))).toEqual(below('exp2/checkpoint-5'));
    expect(await checkpointsOf(`${folder}/exp1/step_*0`)).toEqual(below('exp1/step_200', 'exp1/step_1000'));
    const nothing = checkpointsOf(join(folder, 'nothing*'));
    await expect(nothing).rejects.toMatchObject({ kind: 'checkpoint', message: expect.stringContaining('nothing*') });
  });

  test('is thinned from its end', async () => {
    expect(await checkpointsOf(join(folder, 'exp1'), { every: 2 })).toEqual(below('exp1/step_9', 'exp1/step_1000'));
    expect(await checkpointsOf(join(folder, 'exp1'), { last: 2 })).toEqual(below('exp1/step_200', 'exp1/step_1000'));
    expect(await checkpointsOf(join(folder, 'exp1'), { every: 2, last: 1 })).toEqual(below('exp1/step_1000'));
  });

  test('is no series where the folder is a checkpoint, or holds none', async () => {
    for (const name of ['model', 'other']) expect(await checkpointsOf(join(folder, name))).toEqual(below(name));
    expect(await checkpointsOf('lab/pythia')).toEqual(['lab/pythia']);
  });
});

describe('a series of revisions', () => {
  test('is what the hub has of a pattern, in the order of steps', async () => {
    const steps = ['lab/pythia@step1', 'lab/pythia@step64', 'lab/pythia@step1000'];
    expect(await checkpointsOf('lab/pythia@step*')).toEqual(steps);
    expect(await checkpointsOf('lab/pythia@step1*')).toEqual([steps[0], steps[2]]);
    expect(await checkpointsOf('lab/pythia@{step64,main}')).toEqual([steps[1], 'lab/pythia@main']);
  });

  test('is a list where braces tell it, and the hub is not asked', async () => {
    const asked = hub.requests.length;
    const steps = ['lab/pythia@step0', 'lab/pythia@step500', 'lab/pythia@step1000'];
    expect(await checkpointsOf('lab/pythia@step{0..1000..500}')).toEqual(steps);
    expect(hub.requests).toHaveLength(asked);
  });

  test('that matches nothing says what there is', async () => {
    await expect(checkpointsOf('lab/pythia@epoch*')).rejects.toMatchObject({
      kind: 'checkpoint',
      message: expect.stringMatching(/^No revision of lab\/pythia matches "epoch\*"; it has main, /),
    });
    await expect(checkpointsOf('lab/nothing@step*')).rejects.toMatchObject({ kind: 'notFound' });
  });
});

test.each([
  ['a', ['a']],
  ['{a,b}-{1..3}', ['a-1', 'a-2', 'a-3', 'b-1', 'b-2', 'b-3']],
  ['s{3..1}', ['s3', 's2', 's1']],
  ['s{0..10..4}', ['s0', 's4', 's8']],
])('%s expands as a shell expands it', (pattern, expected) => {
  expect(expandBraces(pattern)).toEqual(expected);
});

test('braces name no more than can be meant', () => {
  expect(() => expandBraces('{1..99999999}')).toThrow(/99999999 checkpoints/);
});
