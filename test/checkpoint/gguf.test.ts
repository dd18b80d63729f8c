/** GGUF files against Python's `gguf` package and transformers (test/python/gguf_fixtures.py). */
import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GGMLQuantizationType } from '@huggingface/gguf';
import { describe, expect, test } from 'vitest';
import { score } from '../../src/backend/backend.ts';
import { onnx } from '../../src/backend/onnx/index.ts';
import { describeHeader, readGgufHeader } from '../../src/checkpoint/gguf/header.ts';
import type { ParsedHeader } from '../../src/checkpoint/gguf/parse_header.ts';
import { ggufTokenizer } from '../../src/checkpoint/gguf/tokenizer_json.ts';
import { openCheckpoint, openConfig } from '../../src/checkpoint/open.ts';
import { readTensor } from '../../src/checkpoint/tensors/read.ts';
import { loadTokenizer } from '../../src/checkpoint/tokenizer/tokenizer.ts';
import { buildModel, describeModel } from '../../src/model/index.ts';
import { scoreTokens, tokenModel } from '../harness/score/score_tokens.ts';
import { temporaryFolder } from '../model/tiny_checkpoint.ts';

const fixtures = new URL('../fixtures/', import.meta.url).pathname;
const folder = `${fixtures}gguf/`;
const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'));

interface Expected {
  context: number[];
  continuation: number[];
  logLikelihood: number;
  greedy: boolean;
}
const models: Record<string, Expected[]> = json(`${folder}expected.json`);

/** A fixture in a folder of its own. */
function copied(name: string): string {
  const path = join(temporaryFolder(), name);
  copyFileSync(`${folder}${name}`, path);
  return path;
}

test("every type's blocks are widened as the gguf package does it, bit for bit", async () => {
  const { tensors } = await readGgufHeader(`${folder}types.gguf`);
  const hashes: Record<string, string> = json(`${folder}types.json`);
  expect([...tensors.keys()].sort()).toEqual(Object.keys(hashes).sort());
  expect([...tensors].map(([name, { dtype }]) => [name, dtype])).toEqual([...tensors.keys()].map((n) => [n, n]));
  for (const [name, info] of tensors) {
    const values = await readTensor(info);
    expect(createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex'), name).toBe(hashes[name]);
  }
});

describe.each(Object.entries(models))('%s', (name, expected) => {
  test('scores as transformers does with the widened weights', async () => {
    const { config, tensors } = await openCheckpoint(`${folder}${name}.gguf`);
    const { contextLength: maxLength, vocabularySize, long } = describeModel(config);
    const options = { device: 'cpu', dtype: 'float32', threads: 1 } as const;
    const model = await onnx.load(tensors, (ops) => buildModel(ops, config).score, options);
    const sizes = { maxLength, vocabularySize, long, batchTokens: 512 };
    const documents = expected.map((request) => [request]);
    const { scores } = await scoreTokens(
      documents,
      tokenModel((batch) => score(model, batch), sizes),
    );
    await model.close();
    expected.forEach(({ logLikelihood, greedy }, i) => {
      expect(Math.abs(scores[i][0].logLikelihood - logLikelihood)).toBeLessThan(1e-4);
      expect(scores[i][0].greedy).toBe(greedy);
    });
  });

  test('has the vocabulary of the model that it was made from', async () => {
    const checkpoint = await openCheckpoint(`${folder}${name}.gguf`);
    const own = await loadTokenizer(checkpoint);
    const other = await loadTokenizer(await openCheckpoint(`${fixtures}model/standard`));
    for (const text of ['who has the red key', 'a  b', 'xyz <|endoftext|> red', "it's 42"]) {
      expect(own.encode(text)).toEqual(other.encode(text));
      expect(own.decode(own.encode(text))).toBe(other.decode(other.encode(text)));
    }
    expect(own.eos).toEqual({ content: '<|endoftext|>', id: 0 });
  });
});

test('a file is found by its name, and alone in a folder', async () => {
  const path = copied('qwen2-q4_0.gguf');
  const named = await openCheckpoint(path);
  expect(named).toMatchObject({
    name: path,
    weightFiles: [{ name: 'qwen2-q4_0.gguf', path }],
    config: { architectures: ['Qwen2ForCausalLM'], tie_word_embeddings: true },
    tokenizerFile: path,
  });
  expect(structuredClone(named)).toEqual(named);
  const alone = await openCheckpoint(join(path, '..'));
  expect(alone.tensors).toEqual(named.tensors);
  expect(await openConfig(path)).toMatchObject({ name: path, config: named.config });
  copyFileSync(path, join(path, '../other.gguf'));
  await expect(openCheckpoint(join(path, '..'))).rejects.toThrow(/is other\.gguf, qwen2-q4_0\.gguf; name one, as /);
});

test('another tokenizer stands in for its own', async () => {
  const tokenizer = `${fixtures}model/standard`;
  for (const spec of [tokenizer, `${tokenizer}/tokenizer.json`]) {
    const { tokenizerFile } = await openCheckpoint(`${folder}llama-q8_0.gguf`, { tokenizer: spec });
    expect(tokenizerFile).toBe(`${tokenizer}/tokenizer.json`);
  }
  const other = await openCheckpoint(tokenizer, { tokenizer: `${folder}llama-q8_0.gguf` });
  expect(other.tokenizerFile).toBe(`${folder}llama-q8_0.gguf`);
});

describe('a file is refused', () => {
  test('that is cut short', async () => {
    const path = copied('types.gguf');
    truncateSync(path, 8000);
    await expect(openCheckpoint(path)).rejects.toThrow(
      /it is truncated: tensor "[^"]+" would end at byte \d+, and it has/,
    );
    truncateSync(path, 100);
    await expect(openCheckpoint(path)).rejects.toMatchObject({ kind: 'checkpoint' });
    truncateSync(path, 0);
    await expect(openCheckpoint(path)).rejects.toThrow(/it is no GGUF file/);
  });

  test('whose tensor is no whole number of blocks', async () => {
    const tensor = { name: 'w', shape: [33n, 16n], dtype: GGMLQuantizationType.Q8_0, offset: 0n, n_dims: 2 };
    const parsed = { metadata: {}, tensorInfos: [tensor], tensorDataOffset: 0n } as unknown as ParsedHeader;
    const path = `${folder}types.gguf`;
    await expect(describeHeader(path, path, parsed)).rejects.toThrow(
      /tensor "w" of the shape \[33,16\] is no whole number of Q8_0 blocks/,
    );
  });

  test('that is something else', async () => {
    const path = join(temporaryFolder(), 'x.gguf');
    writeFileSync(path, 'hello');
    await expect(openCheckpoint(path)).rejects.toThrow(/it is no GGUF file/);
    mkdirSync(join(path, '../folder.gguf'));
    cpSync(`${fixtures}model/standard`, join(path, '../folder.gguf'), { recursive: true });
    expect(await openCheckpoint(join(path, '../folder.gguf'))).toMatchObject({ config: { model_type: 'gpt_neox' } });
  });

  const metadata = { 'general.architecture': 'llama' };
  test.each<[string, Record<string, unknown>, RegExp]>([
    [
      'without a vocabulary',
      metadata,
      /tokenizer\.ggml\.model: .*; name the tokenizer of the model .* with --tokenizer/,
    ],
    [
      'with a vocabulary of another kind',
      { ...metadata, 'tokenizer.ggml.model': 'bert', 'tokenizer.ggml.tokens': ['a'] },
      /its vocabulary is of the kind "bert", which hon-eval does not know/,
    ],
    [
      'that splits words in an unknown way',
      {
        ...metadata,
        'tokenizer.ggml.model': 'gpt2',
        'tokenizer.ggml.pre': 'other',
        'tokenizer.ggml.tokens': ['a'],
        'tokenizer.ggml.merges': [],
      },
      /its vocabulary is of the pre-tokenizer "other"/,
    ],
  ])('%s', (_, values, message) => {
    expect(() => ggufTokenizer({ file: 'x.gguf', metadata: values })).toThrow(message);
  });
});
