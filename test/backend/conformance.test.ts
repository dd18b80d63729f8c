/** Every operation of `Ops` on every backend, against the float64 reference. */
import { describe, expect, test } from 'vitest';
import { type Batch, type StepResult, score } from '../../src/backend/backend.ts';
import { makeStep } from '../../src/backend/cache.ts';
import { reference } from '../../src/backend/reference/index.ts';
import { rowsOf, shifted, transposed } from '../../src/checkpoint/tensors/derived.ts';
import { readTensor } from '../../src/checkpoint/tensors/read.ts';
import type { TensorInfo } from '../../src/checkpoint/types.ts';
import { activations } from '../../src/model/activations.ts';
import type { Heads, Ops, ParameterOptions, StepBatch, TreeBatch } from '../../src/model/ops.ts';
import type { Weights } from '../model/naive_gpt_neox.ts';
import { randomNumbers, temporaryFolder, writeSafetensors } from '../model/tiny_checkpoint.ts';
import { type TestDevice, testDevices, testOptions } from './devices.ts';

/** Largest difference from the reference that float32 arithmetic explains here. */
const tolerance = 2e-5;

const width = 12;
const heads = 3;
const rows = 2;
const columns = 12;
const cells = rows * columns;

/** Two rows: two trees with branches, then one tree and padding. */
const batch: Batch = {
  rows,
  columns,
  ids: Int32Array.from({ length: cells }, (_, i) => (i * 5) % 7),
  positions: Int32Array.from([0, 1, 2, 3, 2, 0, 1, 1, 2, 0, 0, 0, 0, 1, 2, 3, 4, 5, 0, 0, 0, 0, 0, 0]),
  ends: Int32Array.from([5, 5, 4, 4, 5, 9, 7, 9, 9, 10, 11, 12, 6, 6, 6, 6, 6, 6, 7, 8, 9, 10, 11, 12]),
  headRows: Int32Array.from([3, 4, 6, 8, 17, 0]),
  targetRows: Int32Array.from([0, 1, 1, 2, 3, 4, 5, 5]),
  targets: Int32Array.from([3, 0, 11, 5, 2, 7, 1, 10]),
};

function randomTensors(): Weights {
  const random = randomNumbers(3);
  const shapes = { x: [cells, width], y: [cells, width], z: [cells, width], table: [7, width], square: [width, width] };
  const vectors = { scale: [width], offset: [width], keys: [cells, (2 * width) / 3], values: [cells, (2 * width) / 3] };
  const make = (shape: number[]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return { shape, values: Float32Array.from({ length: size }, () => 3 * random()) };
  };
  return Object.fromEntries(Object.entries({ ...shapes, ...vectors }).map(([name, shape]) => [name, make(shape)]));
}

type Case = <T>(ops: Ops<T>, get: (name: string, options?: ParameterOptions) => T, batch: TreeBatch<T>) => T;

const chosen = [11, 0, 3, 3, 7, 1, 2, 9, 8, 4, 5, 6];
const four = [0, 5, 2, 9];
const eight = chosen.slice(4);
const all = { heads, keyHeads: heads, headSize: width / heads };
const grouped = { heads: 6, keyHeads: 2, headSize: 2 };

const angles = Float32Array.from({ length: 16 }, (_, i) => 0.3 * i - 2);

function attend<T>(ops: Ops<T>, { past, mask }: TreeBatch<T>, [q, k, v]: T[], heads: Heads): T {
  const trunk = {
    keys: past('keys', k, heads.keyHeads, heads.headSize),
    values: past('values', v, heads.keyHeads, heads.headSize),
  };
  return ops.attention(q, k, v, trunk, mask, heads);
}

/** Each gives a matrix [cells, width], whose rows the test reads as logits. */
const cases: Record<string, Case> = {
  parameter: (_, get) => get('x'),
  'parameter, chosen rows': (ops, get) => ops.linear(get('x'), get('square', { rows: chosen })),
  'parameter, transposed': (ops, get) => ops.linear(get('x'), get('square', { transposed: true })),
  'parameter, shifted': (ops, get) => ops.linear(get('x'), get('square', { shift: 1 })),
  'parameter, all of it': (ops, get) =>
    ops.linear(get('x'), get('square', { rows: chosen, transposed: true, shift: -0.5 })),
  constant: (ops, _, { ids }) =>
    ops.gather(
      ops.constant(() => Float32Array.from({ length: 7 * width }, (_, i) => Math.sin(i)), [7, width]),
      ids,
    ),
  embedding: (ops, get, { ids }) => ops.embedding(get('table'), ids),
  gather: (ops, get, { positions }) => ops.gather(get('x'), positions),
  linear: (ops, get) => ops.linear(get('x'), get('square')),
  'linear with bias': (ops, get) => ops.linear(get('x'), get('square'), get('offset')),
  layerNorm: (ops, get) => ops.layerNorm(get('x'), get('scale'), get('offset'), 1e-5),
  'layerNorm without weights': (ops, get) => ops.layerNorm(get('x'), undefined, undefined, 1e-5),
  'layerNorm of each head': (ops, get) => {
    const weight = ops.concat([get('scale', { rows: four }), get('offset', { rows: eight })]);
    return ops.layerNorm(get('x'), weight, get('offset'), 1e-5, heads);
  },
  rmsNorm: (ops, get) => ops.rmsNorm(get('x'), get('scale'), 1e-6),
  'rmsNorm of each head': (ops, get) => ops.rmsNorm(get('x'), get('scale', { rows: four }), 1e-6, heads),
  'rotary of part of a head': (ops, get, { positions }) => {
    const [cos, sin] = [angles.map(Math.cos), angles.map(Math.sin)].map((t) =>
      ops.gather(
        ops.constant(() => t, [16, 1]),
        positions,
      ),
    );
    return ops.rotary(get('x'), cos, sin, heads, 2);
  },
  'rotary of a whole head': (ops, get, { positions }) => {
    const [cos, sin] = [angles.map(Math.cos), angles.map(Math.sin)].map((t) =>
      ops.gather(
        ops.constant(() => t, [8, 2]),
        positions,
      ),
    );
    return ops.rotary(get('x'), cos, sin, heads, 4);
  },
  attention: (ops, get, tree) => attend(ops, tree, [get('x'), get('y'), get('z')], all),
  'attention with grouped keys': (ops, get, tree) => {
    // 6 heads of size 2 over 4 key heads would not divide; 6 over 2 key heads of size 2 reads 4 of the 8 columns.
    const narrow = (x: string) => ops.linear(get(x), get('square', { rows: four }));
    return attend(ops, tree, [get('x'), narrow('y'), narrow('z')], grouped);
  },
  'attention with a scale and a cap': (ops, get, tree) =>
    attend(ops, tree, [get('x'), get('y'), get('z')], { ...all, scale: 0.3, cap: 2 }),
  'attention under a window': (ops, get, tree) =>
    attend(ops, { ...tree, mask: ops.window(tree.mask, 2) }, [get('x'), get('y'), get('z')], all),
  scale: (ops, get) => ops.scale(get('x'), -1.7),
  ...Object.fromEntries(
    activations.map((name): [string, Case] => [
      `activation ${name}`,
      (ops, get) => {
        let x = get('x');
        // Sixteen times as much, so that what is clipped is among it.
        if (/10|6|hard/.test(name)) for (let doubled = 0; doubled < 4; doubled++) x = ops.add(x, x);
        return ops.activation(x, name);
      },
    ]),
  ),
  add: (ops, get) => ops.add(get('x'), get('y')),
  mul: (ops, get) => ops.mul(get('x'), get('y')),
};

async function compute(on: TestDevice, apply: Case) {
  const weights = randomTensors();
  const build = <T>(ops: Ops<T>) => {
    const get = (name: string, options?: ParameterOptions) => ops.parameter(name, weights[name].shape, options);
    // Parameters are asked for while the model is built, as models do.
    const known = new Map<string, T>();
    const cached = (name: string, options?: ParameterOptions) => {
      const key = name + JSON.stringify(options ?? {});
      if (!known.has(key)) known.set(key, get(name, options));
      return known.get(key) as T;
    };
    for (const name of Object.keys(weights)) cached(name);
    cached('scale', { rows: four });
    cached('offset', { rows: eight });
    const parts: ParameterOptions[] = [{ rows: chosen }, { rows: four }, { transposed: true }, { shift: 1 }];
    for (const part of [...parts, { rows: chosen, transposed: true, shift: -0.5 }]) cached('square', part);
    return (tree: TreeBatch<T>) => {
      const logits = ops.gather(apply(ops, cached, tree), tree.headRows);
      return ops.tokenScores(logits, tree.targetRows, tree.targets);
    };
  };
  const tensors = writeSafetensors(temporaryFolder(), weights);
  const model = await on.backend.load(tensors, build, testOptions(on));
  const scores = await score(model, structuredClone(batch));
  await model.close();
  return scores;
}

/** Attention scores of 3 heads, and of 6 query heads over 2 key heads. */
async function computeAttentionScores(on: TestDevice) {
  const tensors = writeSafetensors(temporaryFolder(), randomTensors());
  const build = <T>(ops: Ops<T>) => {
    const [q, k] = ['x', 'y'].map((name) => ops.parameter(name, [cells, width]));
    const narrow = ops.parameter('square', [width, width], { rows: four });
    return () => ({
      plain: ops.attentionScores(q, k, all),
      capped: ops.attentionScores(q, k, { ...all, scale: 0.2, cap: 1.5 }),
      grouped: ops.attentionScores(q, ops.linear(k, narrow), grouped),
    });
  };
  const model = await on.backend.load(tensors, build, testOptions(on));
  const outputs = await model.run(structuredClone(batch));
  await model.close();
  return outputs;
}

/** New tokens of 3 sequences, which have 4, 0 and 7 earlier ones where there is room for 9. */
const newTokens = [[1, 2, 3], [4], [5, 6]];
const earlier = [4, 0, 7];
const capacity = 9;

/** Attention of new tokens to earlier ones, whose keys and values are random: of 3 heads, or of 6 over 2 key heads. */
async function computeCachedAttention(on: TestDevice, kind: string) {
  const tensors = writeSafetensors(temporaryFolder(), randomTensors());
  const sizes: Heads = kind === 'grouped' ? grouped : kind === 'capped' ? { ...all, scale: 0.3, cap: 2 } : all;
  const keyWidth = sizes.keyHeads * sizes.headSize;
  const build = <T>(ops: Ops<T>) => {
    const table = ops.parameter('table', [7, width]);
    const weights = [
      [11, 0, 3, 4, 7, 1, 2, 9, 8, 10, 5, 6],
      [5, 1, 7, 2, 0, 8, 3, 6, 4, 9, 11, 10],
    ].map((rows) => ops.parameter('square', [width, width], { rows: rows.slice(0, keyWidth) }));
    return ({ ids, mask, lastRows, past }: StepBatch<T>) => {
      const x = ops.embedding(table, ids);
      const [k, v] = weights.map((weight) => ops.linear(x, weight));
      const { keyHeads, headSize } = sizes;
      const memory = { keys: past('keys', k, keyHeads, headSize), values: past('values', v, keyHeads, headSize) };
      const seen = kind === 'in a window' ? ops.window(mask, 5) : mask;
      return ops.gather(ops.cachedAttention(x, k, v, memory, seen, sizes), lastRows);
    };
  };
  const decoder = await on.backend.loadDecoder(tensors, build, testOptions(on));
  const random = randomNumbers(5);
  const past = Array.from({ length: 2 }, () => Float32Array.from({ length: 3 * keyWidth * capacity }, random));
  const result = await decoder.run(makeStep({ lengths: earlier, capacity, arrays: past }, newTokens));
  await decoder.close();
  return { entries: decoder.entries, ...result };
}

describe.each(testDevices)('$backend.name on $device', (on) => {
  test.each(['plain', 'grouped', 'capped', 'in a window'])(
    'cachedAttention, %s, and what is remembered',
    async (kind) => {
      const expected = await computeCachedAttention({ backend: reference, device: 'cpu' }, kind);
      const actual = await computeCachedAttention(on, kind);
      expect(actual.entries).toEqual(expected.entries);
      expect(expected.logits.length).toBe(newTokens.length * width);
      expect(expected.fresh.map(({ length }) => length)).toEqual(actual.fresh.map(({ length }) => length));
      const figures = ({ logits, fresh }: StepResult) => [...logits, ...fresh.flatMap((values) => [...values])];
      figures(expected).forEach((value, i) => {
        expect(Math.abs(figures(actual)[i] - value)).toBeLessThan(tolerance * (1 + Math.abs(value)));
      });
    },
  );

  test.each(Object.entries(cases))('%s', async (_, apply) => {
    const expected = await compute({ backend: reference, device: 'cpu' }, apply);
    const actual = await compute(on, apply);
    expect(expected.logProbs.length).toBe(batch.targets.length);
    expected.logProbs.forEach((value, i) => {
      expect(Math.abs(actual.logProbs[i] - value)).toBeLessThan(tolerance * (1 + Math.abs(value)));
    });
    expect([...actual.greedy]).toEqual([...expected.greedy]);
  });

  test('attentionScores, under their names', async () => {
    const expected = await computeAttentionScores({ backend: reference, device: 'cpu' });
    const actual = await computeAttentionScores(on);
    expect(Object.keys(actual).sort()).toEqual(['capped', 'grouped', 'plain']);
    expect(actual.plain.length).toBe(3 * cells * cells);
    expect(actual.grouped.length).toBe(6 * cells * cells);
    for (const name of ['plain', 'capped', 'grouped'] as const)
      expected[name].forEach((value, i) => {
        expect(Math.abs(actual[name][i] - value)).toBeLessThan(tolerance * (1 + Math.abs(value)));
      });
  });

  test('computes with tensors that no file has as they are', async () => {
    const tensors = writeSafetensors(temporaryFolder(), randomTensors());
    const [scale, square] = ['scale', 'square'].map((name) => tensors.get(name)!);
    const turned = rowsOf(transposed(square), [3, 1, 0, 2, 4, 5, 6, 7, 8, 9, 10, 11]);
    const run = async (weights: ReadonlyMap<string, TensorInfo>, name: string, rows?: number[]) => {
      const build = <T>(ops: Ops<T>) => {
        const [x, z] = ['x', 'z'].map((other) => ops.parameter(other, [cells, width]));
        const [weight, offset] = [ops.parameter(name, [width, width], { rows }), ops.parameter('scale', [width])];
        return () => ({ scores: ops.attentionScores(ops.linear(x, weight, offset), z, all) });
      };
      const model = await on.backend.load(weights, build, testOptions(on));
      const { scores } = await model.run(structuredClone(batch));
      await model.close();
      return scores;
    };
    const changed = new Map(tensors).set('turned', turned).set('scale', shifted(shifted(scale, 2), -2));
    const values = await readTensor(turned);
    const written = writeSafetensors(temporaryFolder(), {
      ...randomTensors(),
      turned: { shape: [width, width], values },
    });
    for (const rows of [undefined, [11, 0, 3, 3, 7, 1, 2, 9, 8, 4, 5, 6]]) {
      const expected = await run(written, 'turned', rows);
      const actual = await run(changed, 'turned', rows);
      actual.forEach((value, i) => {
        expect(Math.abs(value - expected[i])).toBeLessThan(tolerance * (1 + Math.abs(value)));
      });
    }
  });

  test('names a parameter that is missing or has another shape', async () => {
    const tensors = writeSafetensors(temporaryFolder(), randomTensors());
    const load = (name: string, shape: number[]) =>
      on.backend.load(
        tensors,
        (ops) => {
          ops.parameter(name, shape);
          throw new Error('the parameter was accepted');
        },
        testOptions(on),
      );
    await expect(load('nowhere', [2, 2])).rejects.toThrow('lacks the tensor "nowhere" of shape [2,2]');
    await expect(load('x', [1, 2])).rejects.toThrow(
      `tensor "x" has shape [${cells},${width}] where config.json asks for [1,2]`,
    );
  });
});

describe('the reference', () => {
  test('erfc agrees with tabulated values', async () => {
    const { erfc } = await import('../../src/backend/reference/ops.ts');
    // Abramowitz and Stegun, table 7.1; erfc(3), erfc(5) from its asymptotic part.
    const known = [
      [0, 1],
      [0.5, 0.4795001221869535],
      [1, 0.15729920705028513],
      [2, 0.004677734981047266],
      [3, 2.209049699858544e-5],
      [5, 1.5374597944280347e-12],
      [-1, 1.8427007929497148],
    ];
    for (const [x, value] of known) expect(Math.abs(erfc(x) / value - 1)).toBeLessThan(1e-12);
  });
});
