import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { seal, unseal } from '../../src/harness/journal/line.ts';
import { startHub } from '../hub/hub_server.ts';
import type { HubContent } from '../hub/hub_storage.ts';
import { contentOf, prepareVictim } from '../torture/torture.ts';
import { writeCheckpoint } from './checkpoint.ts';
import { honEval, resultsBelow, sharedFolder } from './program.ts';

let folder: string;
/** Both models on both benchmarks, as `run` and `plan` are told. */
let work: string[];
beforeAll(async () => {
  folder = await sharedFolder();
  work = [...prepareVictim('run', folder, 300).slice(1), '--model', 'B=hon'];
  writeCheckpoint(join(folder, 'hon'), { hon: { order: 2, projections: ['q', 'k'], inner: 'shared' } });
});

const go = (...args: string[]) => honEval(args, { cwd: folder });
const shard = (which: string, output: string, options: Parameters<typeof honEval>[1] = {}) =>
  honEval(['run', '--plan', 'plan.json', '--shard', which, '--output', output], { cwd: folder, ...options });

test('shards of a plan, one of them killed and one stopped, collect to the files of a run', async () => {
  const whole = await go('run', ...work, '--output', 'whole');
  expect(whole.exitCode).toBe(0);
  const planned = await go('plan', ...work, '--shards', '3', '--output', 'plan.json');
  expect([planned.exitCode, planned.stderr]).toEqual([0, '']);
  const first = await shard('1/3', 'O');
  expect(first.exitCode).toBe(0);
  expect(resultsBelow(join(folder, 'O'))).toEqual(['plan.json']);
  let told = false;
  const second = await shard('auto', 'O', {
    env: { SLURM_ARRAY_TASK_ID: '1' },
    onStderr(stderr, child) {
      if (told || !stderr.includes('Shard 2 of 3')) return;
      // A second one would end it at once.
      told = true;
      child.kill('SIGTERM');
    },
  });
  expect([second.exitCode, second.stderr]).toEqual([
    75,
    expect.stringMatching(/^Shard 2 of 3 \(SLURM_ARRAY_TASK_ID=1\)\n[\s\S]*start the same command again to go on\.\n$/),
  ]);
  const third = await shard('3/3', 'O', {
    onStderr: (stderr, child) => stderr.includes('documents') && child.kill('SIGKILL'),
  });
  expect([null, 0]).toContain(third.exitCode);
  const check = await go('collect', 'O', '--check');
  expect([check.exitCode, check.stdout]).toEqual([11, expect.stringMatching(/^--array=1(-2)?\n$/)]);
  expect(check.stderr).toMatch(/^hon-eval: Shard 2\/3(, 3\/3)? is not done: \d+ documents of \w+ of /);
  const refused = await go('collect', 'O');
  expect([refused.exitCode, resultsBelow(join(folder, 'O'))]).toEqual([11, ['plan.json']]);
  for (const which of ['2/3', '3/3']) expect((await shard(which, 'O')).exitCode).toBe(0);
  const collected = await go('collect', 'O');
  expect([collected.exitCode, collected.stdout.split('\n\n')[0]]).toEqual([0, whole.stdout.split('\n\n')[0]]);
  const { 'plan.json': _, ...merged } = contentOf(join(folder, 'O'));
  expect(merged).toEqual(contentOf(join(folder, 'whole')));
  expect((await go('collect', 'O', '--check')).stdout).toBe('Nothing is missing.\n');
}, 300_000);

test('shards of what was prefetched need no network, and keep to its commits', async () => {
  const rows = ['question,right,wrong', ...Array.from({ length: 20 }, (_, i) => `what is ${i},${i},none`)].join('\n');
  writeFileSync(join(folder, 'quiz.mjs'), quiz);
  const repositories = {
    'models/lab/tiny': { revisions: { main: join(folder, 'hon') as HubContent } },
    'datasets/lab/quiz': { revisions: { main: { 'quiz.csv': rows } } },
  };
  const hub = await startHub({ repositories });
  const env = { HF_HOME: join(folder, 'cache'), HF_ENDPOINT: hub.url, HF_HUB_OFFLINE: '' };
  const online = (...args: string[]) => honEval(args, { cwd: folder, env });
  try {
    const flags = ['--model', 'lab/tiny', '--tasks', './quiz.mjs', '--prefetch', '--output', 'fetched.json'];
    expect(await online('plan', ...flags)).toMatchObject({ exitCode: 0 });
    const { models, offline } = JSON.parse(readFileSync(join(folder, 'fetched.json'), 'utf8'));
    expect([models[0].commit, offline]).toEqual([hub.commit('models/lab/tiny'), true]);
    repositories['models/lab/tiny'].revisions.main = { 'config.json': '{}' };
    const asked = hub.requests.length;
    expect(await online('run', '--plan', 'fetched.json', '--shard', '1/1', '-o', 'P')).toMatchObject({ exitCode: 0 });
    expect(await online('collect', 'P')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Quiz') });
    expect(hub.requests).toHaveLength(asked);
  } finally {
    await hub.close();
  }
}, 300_000);

const quiz = `export default {
  name: 'quiz', title: 'Quiz', version: 1, groups: [], metrics: ['acc'], headline: 'acc',
  dataset: { repo: 'lab/quiz', split: 'test', files: 'quiz.csv' },
  question: (row) => ({ context: row.text('question'), choices: [row.text('right'), row.text('wrong')], gold: 0 }),
};`;

describe('refused by name:', () => {
  test('a document that two shards score differently', async () => {
    const place = join(folder, 'O/B/journal');
    const file = join(place, readdirSync(place).find((name) => name.includes('3of3'))!);
    const text = readFileSync(file, 'utf8');
    const changed = text.split('\n').map((line) => {
      const value = unseal(line) as { kind: string; documents: { scores: [number][] }[] } | undefined;
      if (value?.kind === 'scores') value.documents[0].scores[0][0] -= 1;
      return value ? seal(value).trimEnd() : line;
    });
    const copy = file.replace('3of3', '4of4');
    writeFileSync(copy, changed.join('\n'));
    const { exitCode, stderr } = await go('collect', 'O');
    expect([exitCode, stderr]).toEqual([
      11,
      expect.stringMatching(/^hon-eval: \w+ of hon: two shards give document \d+ different scores;/),
    ]);
  });

  test('rows that are others than when it was planned', async () => {
    const rows = join(folder, 'rows/sciq.jsonl');
    const text = readFileSync(rows, 'utf8');
    writeFileSync(rows, text.replace('What is 0', 'What was 0'));
    const { exitCode, stderr } = await shard('1/1', 'other');
    writeFileSync(rows, text);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('sciq of model is not what the plan was made of')]);
  });

  test('flags that the plan decides, and what is no plan', async () => {
    const decided = await go('run', '--plan', 'plan.json', '--shard', '1/2', '--dtype', 'float32');
    expect([decided.exitCode, decided.stderr]).toEqual([2, expect.stringContaining('The plan decides --dtype;')]);
    const none = await go('run', '--plan', 'rows/sciq.jsonl', '--shard', '1/2');
    expect([none.exitCode, none.stderr]).toEqual([2, expect.stringContaining('Cannot read the plan')]);
    expect((await go('run', '--tasks', 'piqa')).stderr).toContain('Expected a --model');
  });
});
