/** A candidate that is scored only as far as the verdict takes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseGateConfig } from '../../../src/compare/gate/config.ts';
import { judge } from '../../../src/compare/gate/judge.ts';
import { judgeScored, type ScoredGateOptions } from '../../../src/compare/gate/judge_scored.ts';
import { HonEvalError } from '../../../src/errors.ts';
import { run } from '../../../src/harness/score/score_run.ts';
import { journalFolder } from '../../../src/results/paths.ts';
import { RunOutput } from '../../../src/results/write/run_output.ts';

const data = join(import.meta.dirname, '../../fixtures/multihop');
const [standard, hon] = ['standard', 'hon-qk-shared'].map((name) => join(data, name));
const base: Pick<ScoredGateOptions, 'backend' | 'dtype' | 'command' | 'data'> = {
  backend: 'onnx',
  dtype: 'float32',
  command: [],
  data,
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hon-eval-scored-'));
  for (const model of [standard, hon]) {
    const output = new RunOutput([{ name: model, place: model }], join(folder, model === hon ? 'hon' : 'base'), false);
    const options = {
      ...base,
      models: [model],
      tasks: ['multihop'],
      journalFolder: (place: string) => output.journalFolder(place),
    };
    for await (const _ of output.write(() => run(options, silent())));
  }
});
afterAll(() => rm(folder, { recursive: true }));

/** A listener that counts the documents that are scored. */
function silent() {
  const listener = {
    scored: 0,
    notice() {},
    download() {},
    found() {},
    failed() {},
    progress(_model: string, _task: unknown, done: number) {
      if (done > 0) listener.scored++;
    },
  };
  return listener;
}

const scoredGate = (
  candidate: string,
  settings: object,
  changes: Partial<ScoredGateOptions> = {},
  listener = silent(),
) =>
  judgeScored(
    join(folder, 'base'),
    { ...base, candidate, seed: 0, journalFolder: () => journalFolder(join(folder, 'gate'), candidate), ...changes },
    parseGateConfig(settings, 'gate.json'),
    listener,
  );

test('a regression is found early, the same again without scoring, and as all documents have it', async () => {
  const early = await scoredGate(hon, {});
  expect(early).toMatchObject({ verdict: 'regression', scored: { documents: 300, available: 600 } });
  const listener = silent();
  expect(await scoredGate(hon, {}, {}, listener)).toEqual(early);
  expect(listener.scored).toBe(0);
  const all = await judge(join(folder, 'base'), join(folder, 'hon'), parseGateConfig({}, 'gate.json'));
  expect(all.verdict).toBe('regression');
});

test('an equal model passes early, and has the figures of its own run where all documents are scored', async () => {
  const wide = { margin: 0.1, overall: { margin: 0.1 } };
  expect(await scoredGate(standard, wide)).toMatchObject({ verdict: 'pass', scored: { documents: 150 } });
  const whole = await scoredGate(standard, { margin: 0, overall: { margin: 0 } });
  expect(whole).toMatchObject({ verdict: 'pass', scored: { documents: 600, available: 600 } });
  for (const check of whole.checks) expect(check.candidate).toBe(check.baseline);
});

test('another seed takes other documents', async () => {
  const figures = async (seed: number) => (await scoredGate(hon, {}, { seed })).checks.map(({ baseline }) => baseline);
  expect(await figures(1)).not.toEqual(await figures(0));
});

test('what cannot be judged is an error', async () => {
  const message = async (result: ReturnType<typeof scoredGate>) => {
    const { verdict, checks } = await result;
    return `${verdict}: ${checks[0].message}`;
  };
  expect(await message(scoredGate(hon, {}, { system: 'Think.' }))).toMatch(/^error: Cannot pair .* prompts differ/);
  expect(await message(scoredGate(join(folder, 'nowhere'), {}))).toMatch(/^error: There is no folder/);
});

test.each([
  ['a metric that there is not', { metric: 'word_perplexity' }, {}, /^The results have no metric/],
  ['a device that there is not', {}, { device: 'cudaa' }, /^The onnx backend's device "cudaa" is not one of/],
])('throws for %s', async (_, settings, changes, says) => {
  const message = expect.stringMatching(says);
  await expect(scoredGate(hon, settings, changes)).rejects.toMatchObject({ kind: 'usage', message });
});

test('a gate that was stopped is no verdict', async () => {
  const stop = new AbortController();
  const stopped = new HonEvalError('interrupted', 'Stopped.');
  const listener = { ...silent(), progress: () => stop.abort(stopped) };
  await expect(scoredGate(hon, {}, { signal: stop.signal, seed: 7 }, listener)).rejects.toBe(stopped);
});
