/** Readers of results, and of what is kept while they are made. */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { readGateConfig } from '../../../src/compare/gate/config.ts';
import { HonEvalError } from '../../../src/errors.ts';
import { readLedger } from '../../../src/exchange/log/ledger.ts';
import { seal } from '../../../src/harness/journal/line.ts';
import { readJournals } from '../../../src/harness/journal/read.ts';
import { optionsOf, readPlan, shareOf } from '../../../src/harness/shard/plan.ts';
import { versions } from '../../../src/harness/versions.ts';
import { dumps } from '../../../src/python/write_json.ts';
import { readModel } from '../../../src/results/read/read.ts';
import { readSamples } from '../../../src/results/read/samples.ts';
import { readTexts } from '../../../src/results/read/texts.ts';
import { buildResults } from '../../../src/results/write/results_file.ts';
import { exampleRun, lmEvalLines } from '../../results/example_run.ts';
import { damage, type Random } from '../mutate.ts';
import { pick, type Reader, spoiltJson } from './reader.ts';

const figures = dumps(buildResults(exampleRun(), { colours: 'aa' }));
const flat = JSON.stringify({
  results: { piqa: { acc: 0.7, acc_stderr: 0.01 }, arc: { acc: 0.5 } },
  config: { model_args: 'pretrained=lab/m-1b,dtype=float32', num_fewshot: 0 },
});
const grouped = JSON.stringify({
  results: { all: { 'acc,none': 0.5, alias: 'all' }, one: { 'acc,none': 0.5, 'acc_stderr,none': 'N/A' } },
  groups: { all: { 'acc,none': 0.5 } },
  group_subtasks: { all: ['one'] },
  'n-shot': { one: 5 },
  higher_is_better: { one: { acc: true } },
  configs: { one: { metric_list: [{ metric: 'acc', aggregation: 'mean' }] } },
  date: 1.5e9,
});
const sample = JSON.stringify({
  ...{ doc_id: 0, doc: { question: 'Which?', choices: ['a', 'b'] }, target: '1', acc: 1 },
  arguments: [
    ['Which?', ' a'],
    ['Which?', ' b'],
  ],
  resps: [[['-1.5', 'False']], [['-0.5', 'True']]],
  filtered_resps: [
    ['-1.5', 'False'],
    ['-0.5', 'True'],
  ],
});
const written = JSON.stringify({
  ...{ doc_id: 0, doc: { problem: 'How many?' }, target: '3', exact_match: 0.5 },
  arguments: [['How many?', { until: [] }]],
  resps: [['It is $3$.', 'It is 4.']],
  hon_eval: { grader: 'latex', samples: [{ finish: 'end' }, { finish: 'length' }] },
});
const gate = JSON.stringify({
  ...{ alpha: 0.05, metric: 'acc', tasks: ['piqa'], margin: 0.02, overall: { margin: 0.01, floor: 0.4 } },
  benchmarks: { piqa: { metric: 'acc_norm', margin: null, floor: 0.6 } },
});
const plan = JSON.stringify({
  ...{
    format: 1,
    version: versions().honEval,
    begun: '2026-01-02T03:04:05.678Z',
    shards: 4,
    offline: false,
    command: ['hon-eval'],
  },
  options: { models: ['m'], tasks: ['piqa'], backend: 'onnx' },
  models: [{ name: 'm', label: 'm', commit: null, weights: 'aa' }],
  units: [
    {
      ...{ id: '00', model: 'm', task: 'piqa', documents: 3 },
      pieces: [0, 1, 2].map((i) => ({
        from: { part: 0, batch: i },
        to: { part: 0, batch: i + 1 },
        documents: 1,
        cost: 5,
      })),
    },
  ],
});
const ledger = JSON.stringify({ sent: { 'mlflow:x': true, 'trackio:y': false }, tokensPerStep: 2_097_152 });

const entrySchema = z.object({ kind: z.literal('entry'), number: z.int(), text: z.string() });
const head = {
  kind: 'unit',
  format: 1,
  model: 'm',
  task: 't',
  settings: { dtype: 'float32' },
  begun: '2026-01-02T03:04:05.678Z',
};
const entries = Array.from({ length: 6 }, (_, number) => ({
  kind: 'entry' as const,
  number,
  text: 'é"\n'.repeat(number),
}));
const journal = [head, ...entries].map(seal).join('');

/** What is read must be what was written, in its order; what is not there must have been told, or cut off at the end. */
async function checkJournal(path: string): Promise<void> {
  const read: z.infer<typeof entrySchema>[] = [];
  const { damaged } = await readJournals([path], entrySchema, (entry) => read.push(entry));
  for (const entry of read)
    if (!isDeepStrictEqual(entry, entries[entry.number])) throw new Error(`an entry that was never written: ${entry}`);
  const last = Math.max(-1, ...read.map(({ number }) => number));
  const lost = last + 1 - new Set(read.map(({ number }) => number)).size;
  if (lost > 0 && damaged === 0) throw new Error(`${lost} lines were lost without a word`);
}

/** A line of samples, lm-evaluation-harness's or ours, damaged among others. */
function spoiltSamples(next: Random): Buffer {
  const honest = pick(next, [sample, ...lmEvalLines]);
  return Buffer.concat([spoiltJson(next, honest), Buffer.from(next(2) ? `\n${sample.replace(':0', ':1')}` : '')]);
}

export const resultReaders: Reader[] = [
  {
    name: 'results_2026-01-02T03-04-05.678.json',
    make: (next) => spoiltJson(next, pick(next, [figures, flat, grouped])),
    read: async (path) => void JSON.stringify(await readModel(path)),
  },
  {
    name: 'samples.jsonl',
    make: spoiltSamples,
    async read(path) {
      for await (const read of readSamples(path)) JSON.stringify(read);
    },
  },
  {
    name: 'texts.jsonl',
    make: (next) => spoiltJson(next, written),
    async read(path) {
      for await (const read of readTexts(path)) JSON.stringify(read);
    },
  },
  { name: 'journal.jsonl', make: (next) => damage(Buffer.from(journal), next), read: checkJournal },
  {
    name: 'gate.json',
    make: (next) => spoiltJson(next, gate),
    read: async (path) => void (await readGateConfig(path)),
  },
  {
    name: 'plan.json',
    make: (next) => spoiltJson(next, plan),
    async read(path) {
      const read = await readPlan(path);
      optionsOf(read);
      for (const index of [1, 2, 3]) shareOf(read, { index, count: 3 });
    },
  },
  {
    name: '.results.json.sent',
    make: (next) => spoiltJson(next, ledger),
    async read(path) {
      writeFileSync(join(dirname(path), 'results.json'), '');
      const { sent } = await readLedger(join(dirname(path), 'results.json'));
      // Then results are sent once more.
      if (Object.keys(sent).length === 0) throw new HonEvalError('results', 'an empty one');
    },
  },
];
