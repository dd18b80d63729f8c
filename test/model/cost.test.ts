import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../src/checkpoint/open.ts';
import type { JsonObject } from '../../src/json.ts';
import { countParameters, flopCounter, memoryCosts, orderCosts } from '../../src/model/cost.ts';
import type { HonSetting, Role } from '../../src/model/hon.ts';
import { parameterShapes, traceModel, type Work } from '../../src/model/trace.ts';

const fixtures = new URL('../fixtures/model/', import.meta.url).pathname;

test.each(readdirSync(fixtures))('the parameters of %s are those of its checkpoint', async (name) => {
  const { config, tensors } = await openCheckpoint(`${fixtures}${name}`);
  const stored = [...tensors].map(([tensor, { shape }]) => [tensor, shape] as const);
  expect(parameterShapes(config)).toEqual(new Map(stored));
});

/** Qwen2.5-1.5B. */
const qwen: JsonObject = {
  architectures: ['Qwen2ForCausalLM'],
  hidden_size: 1536,
  num_hidden_layers: 28,
  num_attention_heads: 12,
  num_key_value_heads: 2,
  intermediate_size: 8960,
  vocab_size: 151936,
  max_position_embeddings: 131072,
  tie_word_embeddings: true,
};
/** Pythia-70M. */
const pythia: JsonObject = {
  architectures: ['GPTNeoXForCausalLM'],
  hidden_size: 512,
  num_hidden_layers: 6,
  num_attention_heads: 8,
  intermediate_size: 2048,
  vocab_size: 50304,
};

function hon(order: number, projections: Role[], inner: HonSetting['inner']): JsonObject {
  return { hon: { order, projections, inner } };
}

describe('parameters', () => {
  test('are as many as the models are known for', () => {
    expect(countParameters(qwen)).toEqual({ total: 1543714304, embedding: 151936 * 1536, added: 0 });
    expect(countParameters(pythia)).toEqual({ total: 70426624, embedding: 2 * 50304 * 512, added: 0 });
  });

  test('of separate grow by the inner projections', () => {
    const inner = 28 * (1536 * 1536 + 1536 + 2 * (256 * 1536 + 256));
    const one = countParameters({ ...qwen, ...hon(2, ['q'], 'separate') });
    expect(one).toEqual({ total: 1543714304 + inner, embedding: 151936 * 1536, added: inner });
    expect(countParameters({ ...qwen, ...hon(3, ['q', 'k'], 'separate') }).added).toBe(6 * inner);
    expect(countParameters({ ...qwen, ...hon(3, ['q', 'k'], 'shared') }).added).toBe(0);
  });
});

describe('operations', () => {
  const seen = 100;
  const attention = 28 * 2 * 2 * seen * 1536;
  const [q, k, output] = [1536 * 1536, 256 * 1536, 1536 * 1536].map((weights) => 2 * 28 * weights);

  test('of a standard model', () => {
    const [{ flops, attentions, asWritten, paper }] = orderCosts(qwen, seen, 1);
    const [mlp, head] = [2 * 28 * 3 * 1536 * 8960, 2 * 151936 * 1536];
    const total = q + 2 * k + output + attention + mlp + head;
    expect(flops).toEqual({ projections: q + 2 * k + output, attention, mlp, head, total });
    expect([attentions, asWritten, paper]).toEqual([1, { flops: total, attentions: 1 }, 2]);
  });

  test('of shared are those of a chain, and as written those of a tree', () => {
    const costs = orderCosts({ ...qwen, ...hon(2, ['q', 'k'], 'shared') }, seen, 4);
    const standard = costs[0].flops.total;
    for (const [i, { order, flops, attentions, asWritten, paper }] of costs.entries()) {
      expect([order, attentions, asWritten.attentions, paper]).toEqual([i + 1, i + 1, 2 ** (i + 1) - 1, 2 ** (i + 1)]);
      expect(flops.total).toBe(standard + i * (q + k + attention));
      expect(asWritten.flops).toBe(standard + (2 ** (i + 1) - 2) * (q + 2 * k + attention));
    }
  });

  test.each<[Role[], number]>([
    [['q'], 3],
    [['k', 'v'], 7],
    [['q', 'k', 'v'], 13],
  ])('as written, with %j refined, are those of separate', (projections, attentions) => {
    const shared = orderCosts({ ...pythia, ...hon(3, projections, 'shared') }, seen, 3)[2];
    const separate = orderCosts({ ...pythia, ...hon(3, projections, 'separate') }, seen, 3)[2];
    expect(shared.asWritten).toEqual({ flops: separate.flops.total, attentions });
    expect(separate).toMatchObject({ attentions, asWritten: shared.asWritten });
  });

  test('of self add attentions and nothing else', () => {
    const [first, , third] = orderCosts({ ...pythia, ...hon(3, ['q', 'v'], 'self') }, seen, 3);
    expect(third.flops).toMatchObject({ projections: first.flops.projections, attention: 5 * first.flops.attention });
    expect(third.asWritten).toEqual({ flops: third.flops.total, attentions: 5 });
  });

  test('after the last attention are those of the predicting tokens alone', () => {
    const work = { tokens: 64, visible: 64, predicting: 8 };
    const { flops } = traceModel(pythia, work);
    expect(flops.head).toBe(8 * 2 * 50304 * 512);
    expect(flops.mlp).toBe((5 * 64 + 8) * 2 * 2 * 512 * 2048);
    expect(flops.projections).toBe(2 * 512 * 512 * (6 * 64 * 3 + 5 * 64 + 8));
    expect(flops.attention).toBe(6 * 64 * 64 * 2 * 2 * 512);
  });
});

test.each([
  ['standard', pythia],
  ['Hon', { ...qwen, ...hon(3, ['q', 'k'], 'shared') }],
])('operations of any batch of a %s model are those of its trace', (_, config) => {
  const work = { tokens: 96, visible: 48, predicting: 7 };
  const { flops } = traceModel(config, work);
  expect(flopCounter(config)(work)).toBe(Object.values(flops).reduce((a, b) => a + b));
});

describe('memory', () => {
  const [wide, narrow] = [28 * 1536, 28 * 256];

  test.each<[string, JsonObject, number]>([
    ['a standard model', {}, 2 * narrow],
    ['one key a level', hon(3, ['q', 'k'], 'shared'), 4 * narrow],
    ['the same keys at every level', hon(3, ['q'], 'shared'), 2 * narrow],
    ['one key and one value a level', hon(3, ['k', 'v'], 'shared'), 6 * narrow],
    ['those of every attention', hon(3, ['q', 'k'], 'separate'), 14 * narrow],
    ['queries that are keys and values too', hon(2, ['q'], 'self'), 2 * wide + 2 * narrow],
  ])('of the cache: %s', (_, setting, width) => {
    expect(memoryCosts({ ...qwen, ...setting }).cachePerToken).toBe(width);
  });

  const activations = (work: Work) => traceModel(qwen, work).activations;

  test('of activations is that of the softmax over the vocabulary, or of an attention over long texts', () => {
    const tokens = 32;
    // The logits, and what is made of them in float32: in place of float32, or beside a copy.
    const logits = tokens * 151936;
    expect(activations({ tokens, visible: 16, predicting: tokens }) / (2 * 4 * logits)).toBeCloseTo(1, 3);
    const half = activations({ tokens, visible: 16, predicting: tokens, numberBytes: 2 });
    expect(half / ((2 + 2 * 4) * logits)).toBeCloseTo(1, 3);
    const long = activations({ tokens: 32768, visible: 32768, predicting: 1 });
    // Scores and their softmax for each of 12 heads, and the mask.
    expect(long / (4 * 32768 ** 2 * (2 * 12 + 1))).toBeCloseTo(1, 1);
  });

  test('of activations does not grow with the layers, and is freed where it was read last', () => {
    const work = { tokens: 512, visible: 1, predicting: 1 };
    const deeper = traceModel({ ...qwen, num_hidden_layers: 56 }, work).activations;
    expect(deeper).toBe(activations(work));
    // The residual, the two projections of a gated layer and their product.
    const [hidden, wide] = [1536, 8960];
    expect(activations(work)).toBeLessThan(4 * 512 * (3 * wide + 3 * hidden + 2));
    expect(activations(work)).toBeGreaterThan(4 * 512 * (3 * wide + hidden));
  });
});
