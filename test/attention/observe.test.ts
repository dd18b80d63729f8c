import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { causalWeights } from '../../src/attention/numbers.ts';
import { type AttentionOptions, type ObservedModel, observeAttention } from '../../src/attention/observe.ts';
import { type HonSetting, honLabel } from '../../src/model/hon.ts';
import { byteTokenizer } from '../checkpoint/tokenizer/byte_tokenizer.ts';
import { naiveLogProbs } from '../model/naive_gpt_neox.ts';
import { randomWeights, temporaryFolder, tinyConfig, writeSafetensors } from '../model/tiny_checkpoint.ts';

const listener = { notice() {}, download() {} };
const onnx = { backend: 'onnx', device: 'cpu', dtype: 'float32', threads: 1, tolerance: 3e-5 } as const;
const reference = { backend: 'reference', device: 'cpu', dtype: 'float64', tolerance: 1e-5 } as const;

async function observe(options: Pick<AttentionOptions, 'models' | 'input'>, backend: typeof onnx | typeof reference) {
  const observed: ObservedModel[] = [];
  for await (const model of observeAttention({ ...options, ...backend }, listener)) observed.push(model);
  return observed;
}

/** Weights of a layer's heads: [heads][n][n]. */
function headWeights(scores: Float32Array | Float64Array, n: number): number[][][] {
  return Array.from({ length: scores.length / n ** 2 }, (_, head) => {
    const weights = causalWeights(scores.subarray(head * n * n, (head + 1) * n * n), n);
    return Array.from({ length: n }, (_, i) => [...weights.subarray(i * n, (i + 1) * n)]);
  });
}

function largestDifference(actual: number[][][], expected: number[][][]): number {
  expect(actual.length).toBe(expected.length);
  const differences = expected.map((head, h) =>
    head.map((row, i) => row.map((value, j) => Math.abs(actual[h][i][j] - value))),
  );
  return Math.max(...differences.flat(2));
}

const frozen: { text: string; models: Record<string, { ids: number[]; weights: number[][][][] }> } = JSON.parse(
  readFileSync(new URL('../fixtures/attention.json', import.meta.url), 'utf8'),
);

describe.each(Object.entries(frozen.models))('the outer attention of %s', (name, expected) => {
  const folder = new URL(`../fixtures/model/${name}`, import.meta.url).pathname;

  test.each([onnx, reference])("is transformers' within 1e-5, on $backend", async (backend) => {
    const [model] = await observe({ models: [folder], input: { text: frozen.text } }, backend);
    expect(model.ids).toEqual(expected.ids);
    expect(model.tokens.join('')).toBe(frozen.text);
    const { path, scores } = model.attentions[0];
    expect(path).toEqual([]);
    expect(scores.length).toBe(expected.weights.length);
    for (const [layer, heads] of expected.weights.entries())
      expect(largestDifference(headWeights(scores[layer], model.ids.length), heads)).toBeLessThan(1e-5);
  });
});

const vocab_size = 258;
const text = 'a cab, a bad cab';

/** A tiny checkpoint that reads bytes. */
function checkpoint(hon?: HonSetting, changes: object = {}) {
  const folder = temporaryFolder();
  const config = { ...tinyConfig, vocab_size };
  const weights = randomWeights(config, hon);
  writeSafetensors(folder, weights);
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, hon: hon ?? null, ...changes }));
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(byteTokenizer()));
  return { folder, weights };
}

/** By setting, the inner attentions with one that naive recursion gives the same for. */
const settings: [HonSetting | undefined, Record<string, string>][] = [
  [undefined, {}],
  [{ order: 2, projections: ['q', 'k'], inner: 'shared' }, { '[["q","k"]]': '.q' }],
  [
    { order: 3, projections: ['q', 'k'], inner: 'shared' },
    { '[["q","k"]]': '.k', '[["q","k"],["q","k"]]': '.k.q' },
  ],
  [
    { order: 2, projections: ['q', 'v'], inner: 'separate' },
    { '[["q"]]': '.q', '[["v"]]': '.v' },
  ],
  [
    { order: 3, projections: ['q', 'k'], inner: 'separate' },
    {
      '[["q"]]': '.q',
      '[["k"]]': '.k',
      '[["q"],["q"]]': '.q.q',
      '[["q"],["k"]]': '.q.k',
      '[["k"],["q"]]': '.k.q',
      '[["k"],["k"]]': '.k.k',
    },
  ],
  [
    { order: 3, projections: ['k'], inner: 'self' },
    { '[["k"]]': '.k', '[["k"],["k"]]': '.k.k' },
  ],
];

describe.each(settings.map(([hon, inner]) => [honLabel(hon), hon, inner] as const))('%s', (_, hon, inner) => {
  test.each([onnx, reference])(
    'has the attentions of naive recursion within $tolerance, on $backend',
    async (backend) => {
      const { folder, weights } = checkpoint(hon);
      const [model] = await observe({ models: [folder], input: { text } }, backend);
      const expected = naiveAttentions(hon, weights, model.ids);
      const paths = model.attentions.map(({ path }) => JSON.stringify(path));
      expect(paths[0]).toBe('[]');
      expect(paths.toSorted()).toEqual(['[]', ...Object.keys(inner)].sort());
      for (const { path, scores } of model.attentions) {
        const place = inner[JSON.stringify(path)] ?? '';
        expect(scores.length).toBe(tinyConfig.num_hidden_layers);
        for (const [layer, ofHeads] of scores.entries())
          expect(largestDifference(headWeights(ofHeads, text.length), expected.get(layer + place)!)).toBeLessThan(
            backend.tolerance,
          );
      }
    },
  );
});

/** Weights [heads][n][n] of every attention by its place; the last time that recursion came by it. */
function naiveAttentions(hon: HonSetting | undefined, weights: ReturnType<typeof randomWeights>, ids: number[]) {
  const heads = new Map<string, number[][][]>();
  const config = {
    layers: tinyConfig.num_hidden_layers,
    hiddenSize: tinyConfig.hidden_size,
    heads: tinyConfig.num_attention_heads,
    intermediateSize: tinyConfig.intermediate_size,
    vocabularySize: vocab_size,
    rotaryPct: tinyConfig.rotary_pct,
    parallelResidual: tinyConfig.use_parallel_residual,
    hon,
  };
  naiveLogProbs(config, weights, ids, (place, head) => heads.set(place, [...(heads.get(place) ?? []), head]));
  return heads;
}

describe('what cannot be shown', () => {
  const rows = new URL('../fixtures/tasks', import.meta.url).pathname;
  const fails = (input: AttentionOptions['input'], changes?: object) =>
    expect(observe({ models: [checkpoint(undefined, changes).folder], input }, onnx)).rejects;

  test('an empty text', () => fails({ text: '' }).toThrow('The text is empty'));
  test('a text longer than the window', () =>
    fails({ text: 'x'.repeat(65) }).toThrow(/has 65 tokens, which do not fit into the window of .*, 64 tokens/));
  test('weights that take too much memory', () =>
    fails({ text: 'x'.repeat(12_000) }, { max_position_embeddings: 20_000 }).toThrow('give a text of at most 8192'));
  test("a tokenizer that is not the model's", () =>
    fails({ text }, { vocab_size: 90 }).toThrow("gives token 97, but the model's vocabulary has 90"));
  test('a document that is not there', () =>
    fails({ task: 'piqa', document: 99, data: rows }).toThrow(/no document 99 in piqa, which has \d+, counted from 0/));
  test('a document of several benchmarks', () =>
    fails({ task: 'paper', document: 0, data: rows }).toThrow(/"paper" is arc_challenge, .*name one of them/));
  test('weights that are not finite', async () => {
    const { folder, weights } = checkpoint();
    const [name] = Object.keys(weights).filter((key) => key.endsWith('layers.0.input_layernorm.weight'));
    Float32Array.prototype.fill.call(weights[name].values, Number.NaN);
    writeSafetensors(folder, weights);
    await expect(observe({ models: [folder], input: { text } }, onnx)).rejects.toThrow('are not finite');
  });
});

test('a document of a benchmark is read with its right choice', async () => {
  const rows = temporaryFolder();
  writeFileSync(join(rows, 'piqa.jsonl'), `${JSON.stringify({ goal: 'warm', sol1: 'no', sol2: 'lid', label: 1 })}\n`);
  const input = { task: 'piqa', document: 0, data: rows };
  const [model] = await observe({ models: [checkpoint().folder], input }, onnx);
  expect(model.tokens.join('')).toBe('Question: warm\nAnswer: lid');
});
