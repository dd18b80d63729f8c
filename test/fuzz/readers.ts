/** Every reader of files that may come from anywhere, with honest files to begin from. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readGgufHeader } from '../../src/checkpoint/gguf/header.ts';
import { readPytorch } from '../../src/checkpoint/pytorch/index.ts';
import { readSafetensors } from '../../src/checkpoint/safetensors.ts';
import { readTensor } from '../../src/checkpoint/tensors/read.ts';
import type { TensorInfo } from '../../src/checkpoint/types.ts';
import { readWeights } from '../../src/checkpoint/weights.ts';
import { readCsv } from '../../src/dataset/csv.ts';
import { readJson } from '../../src/dataset/json.ts';
import { readJsonl } from '../../src/dataset/jsonl.ts';
import { ParquetFile } from '../../src/dataset/parquet_file.ts';
import type { FileRows } from '../../src/dataset/source.ts';
import { HonEvalError } from '../../src/errors.ts';
import { readSamples } from '../../src/results/read/samples.ts';
import { readTexts } from '../../src/results/read/texts.ts';
import {
  call,
  dictionary,
  imported,
  legacy,
  op,
  pickle,
  storage,
  tensor,
  text,
  zipped,
} from '../checkpoint/pytorch/files.ts';
import { withHeader } from '../checkpoint/safetensors_file.ts';
import { damage, damageJson, type Random } from './mutate.ts';

export interface Reader {
  /** What the file is called. */
  name: string;
  /** A damaged file. */
  make(next: Random): Buffer;
  /** Reads it whole. Throws an Error of its own over what is lost without a word. */
  read(path: string): Promise<void>;
}

const fixtures = join(import.meta.dirname, '../fixtures');
const fixture = (path: string) => readFileSync(join(fixtures, path));
const pick = <T>(next: Random, list: readonly T[]): T => list[next(list.length)];

async function checkRows(reading: Promise<FileRows>): Promise<void> {
  const { rows, total } = await reading;
  if (rows.length !== total) throw new Error(`${rows.length} of ${total} rows`);
  // They are written down again with the results.
  for (const { json } of rows) JSON.stringify(json);
}

/** Numbers of tensors that a model of this size could have asked for. */
async function checkTensors(tensors: ReadonlyMap<string, TensorInfo>): Promise<void> {
  for (const info of tensors.values()) {
    const count = info.shape.reduce((product, size) => product * size, 1);
    if (count > 1e6) continue;
    const values = await readTensor(info);
    if (values.length !== count) throw new Error(`${values.length} of ${count} numbers`);
  }
}

const parquets = ['snappy', 'zstd', 'gzip', 'checksums'].map((name) => fixture(`dataset/${name}.parquet`));
const jsonRows = fixture('dataset/snappy.json').toString();
const jsonLines = fixture('tasks/hellaswag.jsonl').toString().trimEnd().split('\n');
const csv = fixture('tasks/gpqa_diamond.csv');
const bins = ['zip', 'protocol4', 'legacy', 'float8'].map((name) => fixture(`pytorch/${name}.bin`));
const safetensors = ['views', 'float8'].map((name) => fixture(`pytorch/${name}.safetensors`));
const index = fixture('model/sharded/model.safetensors.index.json').toString();
const shards = readdirSync(join(fixtures, 'model/sharded')).filter((name) => name.endsWith('.safetensors'));
const ggufs = readdirSync(join(fixtures, 'gguf'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.gguf'))
  .map((name) => fixture(`gguf/${name}`));
const sample = JSON.stringify({
  doc_id: 0,
  doc: { question: 'Which?', choices: ['a', 'b'] },
  target: '1',
  arguments: [
    ['Which?', ' a'],
    ['Which?', ' b'],
  ],
  resps: [[['-1.5', 'False']], [['-0.5', 'True']]],
  filtered_resps: [
    ['-1.5', 'False'],
    ['-0.5', 'True'],
  ],
  acc: 1,
});
const written = JSON.stringify({
  doc_id: 0,
  doc: { problem: 'How many?' },
  target: '3',
  arguments: [['How many?', { until: [] }]],
  resps: [['It is $3$.', 'It is 4.']],
  exact_match: 0.5,
  hon_eval: { grader: 'latex', samples: [{ finish: 'end' }, { finish: 'length' }] },
});

/** The header of a safetensors file damaged as JSON, before the same data. */
function spoiltHeader(bytes: Buffer, next: Random): Buffer {
  const end = 8 + Number(bytes.readBigUInt64LE());
  return withHeader(damageJson(bytes.toString('utf8', 8, end), next), bytes.subarray(end));
}

/** A pickle of honest tensors, damaged, in an archive that is whole; so that damage reaches the machine that reads it. */
function spoiltPickle(next: Random): Buffer {
  const data = Buffer.alloc(48);
  const honest = tensor(storage('0', 12), [3, 4], [4, 1]);
  const parameter = call(imported('torch._utils', '_rebuild_parameter'), honest, op('NEWTRUE'));
  const bytes = damage(pickle(dictionary({ w: honest, p: parameter, note: text('x') })), next);
  return (next(2) ? zipped : legacy)(bytes, { 0: data });
}

function lines(next: Random, make: (line: string) => string, from: readonly string[]): Buffer {
  const chosen = from.slice(0, 1 + next(from.length));
  const at = next(chosen.length);
  return Buffer.from(chosen.map((line, i) => (i === at ? make(line) : line)).join('\n'));
}

export const readers: Reader[] = [
  {
    name: 'rows.parquet',
    make: (next) => damage(pick(next, parquets), next),
    async read(path) {
      const file = await ParquetFile.open(path).catch(refused);
      for (const [group, count] of file.groups.entries()) {
        const rows = await file.rows(group, count).catch(refused);
        if (rows.length !== count) throw new Error(`${rows.length} of ${count} rows`);
        for (const row of rows) JSON.stringify(row);
      }
    },
  },
  {
    name: 'rows.jsonl',
    make: (next) =>
      next(2)
        ? lines(next, (line) => damageJson(line, next), jsonLines)
        : damage(Buffer.from(jsonLines.join('\n')), next),
    read: (path) => checkRows(readJsonl(path)),
  },
  {
    name: 'rows.json',
    make: (next) => (next(2) ? Buffer.from(damageJson(jsonRows, next)) : damage(Buffer.from(jsonRows), next)),
    read: (path) => checkRows(readJson(path)),
  },
  { name: 'rows.csv', make: (next) => damage(csv, next), read: (path) => checkRows(readCsv(path)) },
  {
    name: 'model.safetensors',
    make: (next) => (next(2) ? spoiltHeader : damage)(pick(next, safetensors), next),
    read: async (path) => checkTensors(await readSafetensors(path)),
  },
  {
    name: 'model.safetensors.index.json',
    make: (next) => (next(2) ? Buffer.from(damageJson(index, next)) : damage(Buffer.from(index), next)),
    async read(path) {
      const folder = join(path, '..');
      for (const shard of shards) writeFileSync(join(folder, shard), fixture(`model/sharded/${shard}`));
      await checkTensors((await readWeights(folder, 'model.safetensors.index.json')).tensors);
    },
  },
  {
    name: 'pytorch_model.bin',
    make: (next) => (next(2) ? spoiltPickle(next) : damage(pick(next, bins), next)),
    read: async (path) => checkTensors(await readPytorch(path)),
  },
  {
    name: 'model.gguf',
    make: (next) => damage(pick(next, ggufs), next),
    read: async (path) => void (await readGgufHeader(path)),
  },
  {
    name: 'samples.jsonl',
    make: (next) => (next(2) ? Buffer.from(damageJson(sample, next)) : damage(Buffer.from(sample), next)),
    async read(path) {
      for await (const read of readSamples(path)) JSON.stringify(read);
    },
  },
  {
    name: 'texts.jsonl',
    make: (next) => (next(2) ? Buffer.from(damageJson(written, next)) : damage(Buffer.from(written), next)),
    async read(path) {
      for await (const read of readTexts(path)) JSON.stringify(read);
    },
  },
];

/** What the Parquet reader throws is a sentence about the file; `readParquet` makes our own error of it. */
function refused(error: unknown): never {
  throw new HonEvalError('dataset', error instanceof Error ? error.message : String(error));
}
