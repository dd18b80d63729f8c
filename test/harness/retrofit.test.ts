import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { score } from '../../src/backend/backend.ts';
import { reference } from '../../src/backend/reference/index.ts';
import { openCheckpoint } from '../../src/checkpoint/open.ts';
import { type TensorSource, writeSafetensors } from '../../src/checkpoint/safetensors/writer.ts';
import { readTensor } from '../../src/checkpoint/tensors/read.ts';
import type { Checkpoint, StoredTensor } from '../../src/checkpoint/types.ts';
import { type RetrofitOptions, retrofit } from '../../src/harness/retrofit.ts';
import { architectureNames, buildModel } from '../../src/model/index.ts';
import { parameterShapes } from '../../src/model/trace.ts';
import { temporaryFolder } from '../model/tiny_checkpoint.ts';
import { scoreTokens, tokenModel } from './score/score_tokens.ts';

const fixtures = join(import.meta.dirname, '../fixtures/model');
const silent = { notice() {}, download() {}, written() {} };
const separate = { order: 2, projections: ['q', 'k'], inner: 'separate' } as const;

/** Retrofits a fixture, queries and keys with projections of their own unless told otherwise. */
async function make(model: string, changes: Partial<RetrofitOptions> = {}) {
  const output = join(temporaryFolder(), 'out');
  const hon = { ...separate, projections: [...separate.projections] };
  const base = model.includes('/') ? model : join(fixtures, model);
  const summary = await retrofit({ model: base, hon, seed: 0, output, ...changes }, silent);
  return { summary, base: await openStored(base), outcome: await openStored(summary.folder) };
}

interface StoredCheckpoint extends Checkpoint {
  tensors: Map<string, StoredTensor>;
}

async function openStored(name: string): Promise<StoredCheckpoint> {
  return (await openCheckpoint(name)) as StoredCheckpoint;
}

function bytes({ file, offset, length }: StoredTensor): Buffer {
  return readFileSync(file).subarray(offset, offset + length);
}

/** The names of tensors by the file that each is in. */
function layout({ tensors }: StoredCheckpoint): Record<string, string[]> {
  const files = [...tensors].map(([name, { file }]) => [name, basename(file)] as const);
  const grouped = Map.groupBy(files, ([, file]) => file);
  return Object.fromEntries([...grouped].map(([file, list]) => [file, list.map(([name]) => name).sort()]));
}

/** Writes a fixture's weights as two shards, the first layer in the first one, and a mask of booleans among them. */
async function inTwoShards(name: string): Promise<string> {
  const folder = join(temporaryFolder(), name);
  await cp(join(fixtures, name), folder, { recursive: true });
  const { tensors } = await openStored(folder);
  const sources = [...tensors].map(([name, info]): TensorSource => {
    const data = bytes(info);
    return { name, dtype: info.dtype, shape: info.shape, chunks: () => pieces(data) };
  });
  const mask = { name: 'mask', dtype: 'BOOL', shape: [3], chunks: () => pieces(Buffer.alloc(3)) };
  const inFirst = ({ name }: TensorSource) => name.includes('.layers.0.');
  const files = {
    'model-00001-of-00002.safetensors': [mask, ...sources.filter(inFirst)],
    'model-00002-of-00002.safetensors': sources.filter((source) => !inFirst(source)),
  };
  await rm(join(folder, 'model.safetensors'));
  const map: Record<string, string> = {};
  for (const [file, list] of Object.entries(files)) {
    await writeSafetensors(join(folder, file), list);
    for (const source of list) map[source.name] = file;
  }
  writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify({ metadata: {}, weight_map: map }));
  return folder;
}

async function* pieces(data: Buffer) {
  yield data.subarray(0, 7);
  yield data.subarray(7);
}

describe('a retrofitted checkpoint', () => {
  test.each(['standard', 'float16', 'qwen2-gqa-bf16', 'llama-untied', 'olmo2', 'phi3', 'gpt2'])(
    'of %s keeps its weights',
    async (name) => {
      const { base, outcome, summary } = await make(name);
      for (const [tensor, info] of base.tensors) {
        const copy = outcome.tensors.get(tensor)!;
        expect(copy).toMatchObject({ dtype: info.dtype, shape: info.shape });
        expect(bytes(copy).equals(bytes(info))).toBe(true);
      }
      const [dtype] = [...base.tensors.values()].map((info) => info.dtype);
      const added = [...outcome.tensors].filter(([tensor]) => !base.tensors.has(tensor));
      const shapes = parameterShapes(outcome.config);
      expect(new Map([...outcome.tensors].map(([tensor, { shape }]) => [tensor, shape]))).toEqual(shapes);
      expect(added.map(([, info]) => info.dtype)).toEqual(added.map(() => dtype));
      const numbers = added.reduce((sum, [, { shape }]) => sum + shape.reduce((a, b) => a * b), 0);
      expect(summary).toMatchObject({ label: 'Hon-QK', added: numbers });
      expect(numbers).toBeGreaterThan(0);
    },
  );

  test('names its code and its setting in config.json, and leaves the rest as it was', async () => {
    const { base, outcome } = await make('llama3-rope');
    const text = (folder: string) => readFileSync(join(folder, 'config.json'), 'utf8');
    const folder = dirname(outcome.tokenizerFile);
    expect(outcome.config).toEqual({
      ...base.config,
      auto_map: { AutoModelForCausalLM: 'modeling_hon.LlamaForCausalLM' },
      hon: separate,
    });
    const lines = text(dirname(base.tokenizerFile)).split('\n').slice(1, -2);
    expect(lines).toContain('    "rope_theta": 16.0,');
    // The last one has got a comma.
    for (const line of lines) expect(text(folder)).toContain(line);
    expect(text(folder)).toContain('"rope_theta": 16.0');
    const code = readFileSync(join(import.meta.dirname, '../../src/checkpoint/modeling_hon.py'));
    expect(readFileSync(join(folder, 'modeling_hon.py')).equals(code)).toBe(true);
    expect(readdirSync(folder).sort()).toEqual([
      'config.json',
      'model.safetensors',
      'modeling_hon.py',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
  });

  test('has biases of zero and weights as wide as initializer_range says, each of its own', async () => {
    const { base, outcome } = await make('qwen2-tied');
    const all: number[] = [];
    for (const [name, info] of outcome.tensors) {
      if (base.tensors.has(name)) continue;
      const values = await readTensor(info);
      if (name.endsWith('.bias')) expect(values.every((value) => value === 0)).toBe(true);
      else all.push(...values);
    }
    const moment = (power: number) => all.reduce((sum, value) => sum + (value / 0.02) ** power, 0) / all.length;
    // Six standard errors of each moment of so many normal numbers.
    const close = 6 / Math.sqrt(all.length);
    expect(all.length).toBe(2 * 2 * 3 * 32 * 32);
    expect(new Set(all).size).toBeGreaterThan(0.99 * all.length);
    expect(Math.abs(moment(1))).toBeLessThan(close);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(close * Math.sqrt(2));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(close * Math.sqrt(96));
  });

  test('is the same for the same seed, and another for another', async () => {
    const weights = async (seed: number) =>
      readFileSync([...(await make('qwen2-gqa-bf16', { seed })).outcome.tensors.values()][0].file);
    expect((await weights(1)).equals(await weights(1))).toBe(true);
    expect((await weights(2)).equals(await weights(1))).toBe(false);
  });

  test('keeps the shards of its base, with an index', async () => {
    const { base, outcome } = await make(await inTwoShards('qwen2-gqa-bf16'));
    const one = await make('qwen2-gqa-bf16');
    const shards = layout(outcome);
    expect(Object.keys(shards).sort()).toEqual(base.weightFiles.map(({ name }) => name));
    for (const [shard, names] of Object.entries(shards)) {
      const layer = shard.startsWith('model-00001') ? '.layers.0.' : '.layers.1.';
      expect(names.filter((name) => name.includes('.hon.')).every((name) => name.includes(layer))).toBe(true);
      expect(names.filter((name) => name.includes('.hon.')).length).toBe(12);
    }
    for (const [name, info] of one.outcome.tensors)
      expect(bytes(outcome.tensors.get(name)!).equals(bytes(info)), name).toBe(true);
    const index = JSON.parse(
      readFileSync(join(dirname(outcome.tokenizerFile), 'model.safetensors.index.json'), 'utf8'),
    );
    expect(index.weight_map.mask).toBe('model-00001-of-00002.safetensors');
    const total = [...outcome.tensors.values()].reduce((sum, { length }) => sum + length, 3);
    expect(index.metadata.total_size).toBe(total);
    for (const { offset, dtype } of outcome.tensors.values()) expect(offset % (dtype === 'F32' ? 4 : 2)).toBe(0);
  });

  test.each(['shared', 'self'] as const)('with inner %s has the weights of its base alone', async (inner) => {
    const { base, outcome, summary } = await make('standard', { hon: { order: 3, projections: ['q', 'v'], inner } });
    expect([...outcome.tensors.keys()].sort()).toEqual([...base.tensors.keys()].sort());
    expect(summary.added).toBe(0);
  });

  test.each(['standard', 'llama-untied', 'opt', 'smollm3'])('of %s is scored', async (name) => {
    const { config, tensors } = (await make(name, { hon: { order: 3, projections: ['k'], inner: 'separate' } }))
      .outcome;
    const options = { device: 'cpu', dtype: 'float64' } as const;
    const model = await reference.load(tensors, (ops) => buildModel(ops, config).score, options);
    const sizes = { maxLength: 64, vocabularySize: 64, batchTokens: 64 };
    const { scores } = await scoreTokens(
      [[{ context: [1, 2], continuation: [3, 4] }]],
      tokenModel((batch) => score(model, batch), sizes),
    );
    expect(scores[0][0].logLikelihood).toBeLessThan(-1);
  });
});

describe('a retrofit is refused', () => {
  const hon = { ...separate, projections: [...separate.projections] };
  const attempt = (model: string, output: string, more: Partial<RetrofitOptions> = {}) =>
    retrofit({ model: join(fixtures, model), hon, seed: 0, output, ...more }, silent);

  test('where the folder is not empty, which stays as it is', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'mine'), '');
    await expect(attempt('standard', folder)).rejects.toMatchObject({
      kind: 'output',
      message: `The folder ${folder} is not empty; name another one with --out.`,
    });
    expect(readdirSync(folder)).toEqual(['mine']);
  });

  test('where it is a file, or in a folder that is not there', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    await expect(attempt('standard', join(folder, 'file'))).rejects.toMatchObject({ kind: 'output' });
    await expect(attempt('standard', join(folder, 'a', 'b'))).rejects.toMatchObject({ kind: 'output' });
    expect(readdirSync(folder)).toEqual(['file']);
  });

  test('where heads do not make up the hidden size, but for self', async () => {
    const output = join(temporaryFolder(), 'out');
    await expect(attempt('llama-head-dim', output)).rejects.toMatchObject({
      kind: 'checkpoint',
      message: expect.stringContaining('4 · 16 = 64 is not 32'),
    });
    expect(existsSync(output)).toBe(false);
    await attempt('llama-head-dim', output, { hon: { order: 2, projections: ['q', 'k'], inner: 'self' } });
    expect(existsSync(output)).toBe(true);
  });

  test('of a checkpoint that has Hon already', async () => {
    const output = join(temporaryFolder(), 'out');
    await expect(attempt('hon-qk-shared', output)).rejects.toThrow('already: Hon-QK-Shared.');
  });

  test('of damaged weights, and nothing is left behind', async () => {
    const folder = temporaryFolder();
    const base = join(folder, 'base');
    await cp(join(fixtures, 'standard'), base, { recursive: true });
    const weights = readFileSync(join(base, 'model.safetensors'));
    writeFileSync(join(base, 'model.safetensors'), weights.subarray(0, -4));
    await expect(attempt('', join(folder, 'out'), { model: base })).rejects.toMatchObject({ kind: 'checkpoint' });
    expect(readdirSync(folder)).toEqual(['base']);
  });

  test('once it is stopped, and nothing is left behind', async () => {
    const folder = temporaryFolder();
    const abort = new AbortController();
    const stop = new Error('stopped');
    const options = { model: join(fixtures, 'standard'), hon, seed: 0, output: join(folder, 'out') };
    const listener = { ...silent, written: () => abort.abort(stop) };
    await expect(retrofit({ ...options, signal: abort.signal }, listener)).rejects.toBe(stop);
    expect(readdirSync(folder)).toEqual([]);
  });
});

test('modeling_hon.py has every architecture', () => {
  const code = readFileSync(join(import.meta.dirname, '../../src/checkpoint/modeling_hon.py'), 'utf8');
  const classes = [...code.matchAll(/^(\w+) = with_hon\("\w+", "(\w+)"/gm)].map(([, name, model]) => {
    expect(name).toBe(model);
    return name;
  });
  expect(classes.sort()).toEqual(architectureNames.toSorted());
});
