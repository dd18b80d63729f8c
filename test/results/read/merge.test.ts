import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { selectBenchmarks } from '../../../src/results/benchmarks.ts';
import { readResults } from '../../../src/results/read/read.ts';
import { exampleRun } from '../example_run.ts';
import { outcomes, writeJson, writeResults } from '../made_results.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hon-eval-merge-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A results file as lm-evaluation-harness writes one a run. */
function write(name: string, results: object, date: number, changes: object = {}): string {
  const config = { model_args: { pretrained: 'lab/m-1b' } };
  return writeJson(path.join(folder, name), { results, config, date, ...changes });
}

/** Each figure as `arc 0 acc .5`. */
async function figures(places = [folder]): Promise<string[]> {
  const { models } = await readResults(places);
  return models.flatMap(({ name, benchmarks }) =>
    benchmarks.flatMap((each) =>
      [...each.figures].map(([metric, { value }]) => [name, each.name, each.shots, metric, value].join(' ')),
    ),
  );
}

it('one model in several files and folders is one, whether the folder or the files are named', async () => {
  const files = [
    write('results_1.json', { arc: { 'acc,none': 0.6 } }, 1),
    write('further/results_2.json', { piqa: { 'acc,none': 0.7 } }, 2),
  ];
  expect((await figures()).toSorted()).toEqual(['lab/m-1b arc  acc 0.6', 'lab/m-1b piqa  acc 0.7']);
  expect((await figures(files)).toSorted()).toEqual((await figures()).toSorted());
  expect((await readResults(files)).notices).toEqual([]);
});

it('the newest figure of each benchmark, number of examples and metric counts, and the rest is named once', async () => {
  write('a.json', { arc: { 'acc,none': 0.1, 'acc_norm,none': 0.2 } }, 1, { 'n-shot': { arc: 0 } });
  write('b.json', { arc: { 'acc,none': 0.3, 'acc,strict': 0.4 } }, 2, { 'n-shot': { arc: 0 } });
  write('c.json', { arc: { 'acc,none': 0.5 } }, 0, { 'n-shot': { arc: 5 } });
  expect((await figures()).toSorted()).toEqual([
    'lab/m-1b arc 0 acc 0.3',
    'lab/m-1b arc 0 acc,strict 0.4',
    'lab/m-1b arc 0 acc_norm 0.2',
    'lab/m-1b arc 5 acc 0.5',
  ]);
  const { models, notices } = await readResults([folder]);
  const file = path.join(folder, 'a.json');
  expect(notices).toEqual([`The newest figures count; passed over older ones of lab/m-1b (arc in ${file}).`]);
  const benchmarks = await selectBenchmarks(models, 'customary');
  expect(benchmarks.map(({ title, shots }) => [title, shots])).toEqual([
    ['arc 0-shot', 0],
    ['arc 5-shot', 5],
  ]);
});

it('answers that were chosen and answers that were written are two columns', async () => {
  await writeResults(folder, 'm', [outcomes('quiz', '10')]);
  const generated = { quiz: { 'exact_match,none': 0.25 } };
  writeJson(path.join(folder, 'generated.json'), {
    results: generated,
    configs: { quiz: { output_type: 'generate_until' } },
    'n-shot': { quiz: 0 },
    hon_eval: { model: { name: 'm' } },
  });
  const { models } = await readResults([folder]);
  expect(models).toHaveLength(1);
  expect((await selectBenchmarks(models, 'customary')).map(({ title }) => title)).toEqual([
    'QUIZ acc',
    'QUIZ exact_match',
  ]);
});

it('figures of other weights under one name do not mix', async () => {
  const { model } = exampleRun();
  const old = new Date(2024, 0, 1);
  const weights = { ...model, weightsDigest: 'other' };
  await writeResults(path.join(folder, 'old'), 'm', [outcomes('a', '1'), outcomes('b', '1')], { startedAt: old });
  await writeResults(path.join(folder, 'new'), 'm', [outcomes('a', '0')], { model: weights });
  expect((await figures()).filter((figure) => / acc /.test(figure))).toEqual(['m a 0 acc 0']);
  const places = ['old', 'new'].map((name) => path.join(folder, name));
  await expect(readResults(places)).rejects.toThrow(/different weights have the name m .* first=/);
  expect((await readResults([`x=${places[0]}`, places[1]])).models.map(({ name }) => name)).toEqual(['x', 'm']);
});

it.each([
  [{ pretrained: 'lab/m-1b', peft: 'lab/adapter' }, 'lab/adapter'],
  ['pretrained=lab/m-1b,delta=lab/delta,dtype=float16', 'lab/delta'],
  ['pretrained=lab/m-1b,peft=', 'lab/m-1b'],
  ['pretrained=lab/m-1b,revision=step3', 'lab/m-1b@step3'],
  [{ model: 'served' }, 'served'],
  [{ path: 'file.gguf', engine: 'x' }, 'file.gguf'],
  [{}, 'fallback'],
])('the model of %j is %s', async (model_args, name) => {
  write('r.json', { arc: { 'acc,none': 0.5 } }, 1, { config: { model_args }, model_name: 'fallback' });
  expect((await readResults([folder])).models.map((model) => model.name)).toEqual([name]);
});

it('what --predict_only writes is no figure', async () => {
  write('r.json', { arc: { 'acc,none': 0.5 }, gsm8k: { 'bypass,strict-match': 999 } }, 1);
  expect(await figures()).toEqual(['lab/m-1b arc  acc 0.5']);
});

it.each([
  ['acc', 5, 0.1, /r\.json: expected acc of t to be from 0 to 1, got 5;/],
  ['acc', 0.5, -0.1, /expected the standard error of acc of t to be 0 or more, got -0\.1;/],
  ['word_perplexity', -3, 0, /expected word_perplexity of t to be 0 or more, got -3;/],
])('%s of %d ± %d is refused where it is asked for', async (metric, value, stderr, says) => {
  const { tableOfResults } = await import('../../../src/report/table/results_table.ts');
  write('r.json', { t: { [`${metric},none`]: value, [`${metric}_stderr,none`]: stderr }, u: { 'acc,none': 1 } }, 1);
  const { models } = await readResults([folder]);
  const table = async (names: string[]) =>
    tableOfResults(models, await selectBenchmarks(models, 'customary', names), { alpha: null });
  await expect(table([])).rejects.toThrow(says);
  expect((await table(['u'])).rows).toHaveLength(1);
});
