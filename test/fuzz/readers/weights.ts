/** Readers of weights. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describeHeader } from '../../../src/checkpoint/gguf/header.ts';
import { parseHeader } from '../../../src/checkpoint/gguf/parse_header.ts';
import { ggufTokenizer } from '../../../src/checkpoint/gguf/tokenizer_json.ts';
import { readPytorch } from '../../../src/checkpoint/pytorch/index.ts';
import { readSafetensors } from '../../../src/checkpoint/safetensors/file.ts';
import { readTensor } from '../../../src/checkpoint/tensors/read.ts';
import type { TensorInfo } from '../../../src/checkpoint/types.ts';
import { readWeights } from '../../../src/checkpoint/weights.ts';
import { HonEvalError } from '../../../src/errors.ts';
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
} from '../../checkpoint/pytorch/files.ts';
import { withHeader } from '../../checkpoint/safetensors_file.ts';
import { damage, damageJson, type Random } from '../mutate.ts';
import { fixture, fixturePath, pick, type Reader, spoiltJson } from './reader.ts';

const bins = ['zip', 'protocol4', 'legacy', 'float8'].map((name) => fixture(`pytorch/${name}.bin`));
const safetensors = ['views', 'float8'].map((name) => fixture(`pytorch/${name}.safetensors`));
const index = fixture('model/sharded/model.safetensors.index.json').toString();
const shards = readdirSync(fixturePath('model/sharded')).filter((name) => name.endsWith('.safetensors'));
const ggufs = readdirSync(fixturePath('gguf'))
  .filter((name) => name.endsWith('.gguf'))
  .map((name) => fixture(`gguf/${name}`));

/** Numbers of tensors that a model of this size could have asked for. */
async function checkTensors(tensors: ReadonlyMap<string, TensorInfo>): Promise<void> {
  for (const info of tensors.values()) {
    const count = info.shape.reduce((product, size) => product * size, 1);
    if (count > 1e6) continue;
    const values = await readTensor(info);
    if (values.length !== count) throw new Error(`${values.length} of ${count} numbers`);
  }
}

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

/** Half of the damage in the header, which is a small part of the file. */
function spoiltGguf(next: Random): Buffer {
  const bytes = pick(next, ggufs);
  const header = next(2) ? Math.min(bytes.length, 4096) : bytes.length;
  return Buffer.concat([damage(bytes.subarray(0, header), next), bytes.subarray(header)]);
}

export const weightReaders: Reader[] = [
  {
    name: 'model.safetensors',
    make: (next) => (next(2) ? spoiltHeader : damage)(pick(next, safetensors), next),
    read: async (path) => checkTensors(await readSafetensors(path)),
  },
  {
    name: 'model.safetensors.index.json',
    make: (next) => spoiltJson(next, index),
    async read(path) {
      const folder = dirname(path);
      for (const shard of shards)
        if (!existsSync(join(folder, shard))) writeFileSync(join(folder, shard), fixture(`model/sharded/${shard}`));
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
    isBounded: true,
    make: spoiltGguf,
    async read(path) {
      const parsed = await parseHeader(path).catch((error) => {
        // `readGgufHeader` makes our own error of it.
        throw new HonEvalError('checkpoint', String(error).slice(0, 100));
      });
      const header = await describeHeader(path, path, parsed);
      await checkTensors(header.tensors);
      ggufTokenizer(header);
    },
  },
];
