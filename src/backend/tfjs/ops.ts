/** Operations as steps of a program that TensorFlow.js runs batch by batch. */
import { rowsOf } from '../../checkpoint/tensors/derived.ts';
import { readTensor } from '../../checkpoint/tensors/read.ts';
import type { TensorInfo } from '../../checkpoint/types.ts';
import type { Heads, Ops, StepBatch, TokenScores, TreeBatch } from '../../model/ops.ts';
import { type Batch, type CacheEntry, findParameter, type Step } from '../backend.ts';
import { pastShape } from '../cache.ts';
import { activations } from './activations.ts';
import type { Products } from './products.ts';
import type { Program, Value } from './program.ts';
import type { Tensor, TensorFlow } from './tensorflow.ts';

/** Added to the score of a token that is not seen: its exponential is 0, and no kernel makes NaN of it. */
const unseen = -1e30;

export interface TfjsOps extends Ops<Value> {
  /** The model's view of a batch. */
  batch: TreeBatch<Value>;
  /** Reads the parameters asked for so far, one after the other: in float32 the largest may be gigabytes. */
  loaded(): Promise<void>;
}

export function tfjsOps(
  tf: TensorFlow,
  program: Program,
  products: Products,
  tensors: ReadonlyMap<string, TensorInfo>,
): TfjsOps {
  const pending: (() => Promise<void>)[] = [];

  function parameter(name: string, shape: readonly number[], rows?: readonly number[]): Value {
    const info = findParameter(tensors, name, shape);
    const value = program.keep();
    pending.push(async () => {
      const values = await readTensor(rows ? rowsOf(info, rows) : info);
      value.tensor = tf.tensor(values, [rows?.length ?? shape[0], ...shape.slice(1)], 'float32');
    });
    return value;
  }

  const step = (inputs: Value[], kernel: (...tensors: Tensor[]) => Tensor) => program.step(inputs, kernel);
  return {
    batch: { ids: {}, positions: {}, mask: {}, headRows: {}, targetRows: {}, targets: {} },
    async loaded() {
      for (const load of pending.splice(0)) await load();
    },
    parameter,
    constant: (values, shape) => program.keep(tf.tensor(values, [...shape], 'float32')),
    embedding: (table, ids) => step([table, ids], (t, i) => tf.gather(t, i)),
    gather: (x, indices) => step([x, indices], (t, i) => tf.gather(t, i)),
    linear(x, weight, bias) {
      if (!bias) return step([x, weight], products.linear);
      return step([x, weight, bias], (t, w, b) => tf.add(products.linear(t, w), b));
    },
    layerNorm: (x, weight, bias, epsilon) =>
      step([x, weight, bias], (t, w, b) => {
        const centred = tf.sub(t, tf.mean(t, -1, true));
        return tf.add(tf.mul(normalise(tf, centred, epsilon), w), b);
      }),
    rmsNorm: (x, weight, epsilon) => step([x, weight], (t, w) => tf.mul(normalise(tf, t, epsilon), w)),
    rotary: (x, cos, sin, heads, size) => step([x, cos, sin], (t, c, s) => rotary(tf, t, c, s, heads, size)),
    attention: (q, k, v, mask, heads, keyHeads) =>
      step([q, k, v, mask], (...inputs) => attention(tf, products, inputs, heads, keyHeads)),
    cachedAttention: (q, k, v, { keys, values }, mask, heads) =>
      step([q, k, v, keys, values, mask], (...inputs) => cachedAttention(tf, products, inputs, heads)),
    attentionScores: (q, k, heads, keyHeads) =>
      step([q, k], (s, t) => {
        const columns = s.shape[0];
        return tf.reshape(queryKeyScores(tf, products, s, t, { rows: 1, columns, heads, keyHeads }), [
          heads,
          columns,
          columns,
        ]);
      }),
    activation: (x, name) => step([x], (t) => activations[name](tf, t)),
    add: (a, b) => step([a, b], (s, t) => tf.add(s, t)),
    mul: (a, b) => step([a, b], (s, t) => tf.mul(s, t)),
    tokenScores: (logits, rows, tokens) => tokenScores(tf, program, logits, rows, tokens),
  };
}

/** The tensors of a batch, by the values that stand for them. */
export function batchTensors(tf: TensorFlow, values: TreeBatch<Value>, batch: Batch): Map<Value, Tensor> {
  const vector = (list: Int32Array) => tf.tensor(list, [list.length], 'int32');
  return new Map([
    [values.ids, vector(batch.ids)],
    [values.positions, vector(batch.positions)],
    [values.mask, treeMask(tf, batch)],
    [values.headRows, vector(batch.headRows)],
    [values.targetRows, vector(batch.targetRows)],
    [values.targets, vector(batch.targets)],
  ]);
}

/** What a decoder remembers of new tokens, and the values that stand for what it remembers of earlier ones. */
export interface Remembered {
  entry: CacheEntry;
  fresh: Value;
  past: Value;
}

/** The model's view of a step; `remembered` grows as the model asks for it. */
export function stepBatch(remembered: Remembered[]): StepBatch<Value> {
  return {
    ids: {},
    positions: {},
    mask: {},
    lastRows: {},
    past(role, fresh, heads, headSize) {
      const past = {};
      remembered.push({ entry: { role, heads, headSize }, fresh, past });
      return past;
    },
  };
}

/** The tensors of a step, by the values that stand for them. */
export function stepTensors(
  tf: TensorFlow,
  values: StepBatch<Value>,
  remembered: readonly Remembered[],
  { rows, columns, capacity, ...step }: Step,
): Map<Value, Tensor> {
  const vector = (list: Int32Array) => tf.tensor(list, [list.length], 'int32');
  const past = remembered.map(({ entry, past }, i): [Value, Tensor] => [
    past,
    tf.tensor(step.past[i], pastShape(entry, rows, capacity), 'float32'),
  ]);
  return new Map([
    [values.ids, vector(step.ids)],
    [values.positions, vector(step.positions)],
    [values.mask, tf.tensor(step.mask, [rows, columns, capacity + columns], 'float32')],
    [values.lastRows, vector(step.lastRows)],
    ...past,
  ]);
}

/** [B, 1, S, S]: what is added to the score of token i for token j. */
function treeMask(tf: TensorFlow, { ends, rows, columns }: Batch): Tensor {
  const mask = new Float32Array(rows * columns * columns).fill(unseen);
  for (let row = 0; row < rows; row++)
    for (let j = 0; j < columns; j++)
      for (let i = j; i < ends[row * columns + j]; i++) mask[(row * columns + i) * columns + j] = 0;
  return tf.tensor(mask, [rows, 1, columns, columns], 'float32');
}

/** x / √(mean(x²) + ε) over the last axis. */
function normalise(tf: TensorFlow, x: Tensor, epsilon: number): Tensor {
  return tf.div(x, tf.sqrt(tf.add(tf.mean(tf.square(x), -1, true), epsilon)));
}

/** `x` [N, heads·dh]; `cos` and `sin` [N, size/2]. */
function rotary(tf: TensorFlow, x: Tensor, cos: Tensor, sin: Tensor, heads: number, size: number): Tensor {
  const tokens = x.shape[0];
  const half = size / 2;
  const perHead = tf.reshape(x, [tokens, heads, -1]);
  const rest = perHead.shape[2]! - size;
  const [a, b, kept] = tf.split(perHead, rest > 0 ? [half, half, rest] : [half, half], 2);
  const [c, s] = [cos, sin].map((table) => tf.reshape(table, [tokens, 1, half]));
  const turned = [tf.sub(tf.mul(a, c), tf.mul(b, s)), tf.add(tf.mul(b, c), tf.mul(a, s))];
  return tf.reshape(tf.concat(kept ? [...turned, kept] : turned, 2), x.shape);
}

/** The sizes of an attention: `rows` of `columns` tokens each. */
interface Sizes extends Omit<Heads, 'headSize'> {
  rows: number;
  columns: number;
}

function attention(
  tf: TensorFlow,
  products: Products,
  [q, k, v, mask]: Tensor[],
  heads: number,
  keyHeads: number,
): Tensor {
  const [rows, , columns] = mask.shape;
  const sizes = { rows, columns, heads, keyHeads };
  const scores = tf.reshape(queryKeyScores(tf, products, q, k, sizes), [rows, heads, columns, columns]);
  const weights = tf.reshape(tf.softmax(tf.add(scores, mask)), [rows * keyHeads, -1, columns]);
  const values = splitHeads(tf, v, sizes, keyHeads, [0, 2, 1, 3]);
  const output = tf.reshape(products.batched(weights, values), [rows, heads, columns, -1]);
  return tf.reshape(tf.transpose(output, [0, 2, 1, 3]), q.shape);
}

/** @param mask [B, S, capacity + S] */
function cachedAttention(
  tf: TensorFlow,
  products: Products,
  [q, k, v, keys, values, mask]: Tensor[],
  { heads, keyHeads, headSize }: Heads,
): Tensor {
  const [rows, columns, places] = mask.shape;
  const sizes = { rows, columns, heads, keyHeads };
  const matrices = (x: Tensor) => tf.reshape(x, [rows * keyHeads, x.shape[2]!, x.shape[3]!]);
  const queries = splitHeads(tf, tf.mul(q, 1 / Math.sqrt(headSize)), sizes, heads, [0, 2, 1, 3]);
  const allKeys = tf.concat([matrices(keys), splitHeads(tf, k, sizes, keyHeads, [0, 2, 3, 1])], 2);
  const allValues = tf.concat([matrices(values), splitHeads(tf, v, sizes, keyHeads, [0, 2, 1, 3])], 1);
  const scores = tf.reshape(products.batched(queries, allKeys), [rows, heads, columns, places]);
  const masked = tf.add(scores, tf.reshape(mask, [rows, 1, columns, places]));
  const weights = tf.reshape(tf.softmax(masked), [rows * keyHeads, -1, places]);
  const output = tf.reshape(products.batched(weights, allValues), [rows, heads, columns, headSize]);
  return tf.reshape(tf.transpose(output, [0, 2, 1, 3]), q.shape);
}

/**
 * q·kᵀ/√dh: [B·keyHeads, heads/keyHeads·S, S]. Query heads that share a key head are one taller matrix, so that keys
 * are not repeated for them.
 */
function queryKeyScores(tf: TensorFlow, products: Products, q: Tensor, k: Tensor, sizes: Sizes): Tensor {
  const scale = 1 / Math.sqrt(q.shape[1]! / sizes.heads);
  const queries = splitHeads(tf, tf.mul(q, scale), sizes, sizes.heads, [0, 2, 1, 3]);
  return products.batched(queries, splitHeads(tf, k, sizes, sizes.keyHeads, [0, 2, 3, 1]));
}

/** `x` [N, count·dh] as [B, S, count, dh], its axes in another order, as B·keyHeads matrices. */
function splitHeads(
  tf: TensorFlow,
  x: Tensor,
  { rows, columns, keyHeads }: Sizes,
  count: number,
  axes: number[],
): Tensor {
  const perHead = tf.transpose(tf.reshape(x, [rows, columns, count, -1]), axes);
  return tf.reshape(perHead, [rows * keyHeads, -1, perHead.shape[3]!]);
}

/** From logits [R, V]. */
function tokenScores(tf: TensorFlow, program: Program, logits: Value, rows: Value, tokens: Value): TokenScores<Value> {
  const largest = program.step([logits], (x) => tf.max(x, 1));
  const sums = program.step([logits, largest], (x, most) => rowSums(tf, tf.exp(tf.sub(x, tf.expandDims(most, 1)))));
  const logit = program.step([logits, rows, tokens], (x, r, t) => tf.gatherND(x, tf.stack([r, t], 1)));
  const ofTarget = (x: Value) => program.step([x, rows], (t, r) => tf.gather(t, r));
  const highest = ofTarget(largest);
  const centred = program.step([logit, highest], (a, b) => tf.sub(a, b));
  const sum = program.step([ofTarget(sums), logit, highest, centred], (total, a, b, rounded) =>
    // What rounding took from the difference is a factor of the sum.
    tf.div(total, tf.exp(differenceRest(tf, a, b, rounded))),
  );
  return { centred, sum };
}

/**
 * What rounding took from `a` - `b` to make `rounded` of it (Knuth, The Art of Computer Programming, volume 2, 4.2.2,
 * theorem B).
 */
function differenceRest(tf: TensorFlow, a: Tensor, b: Tensor, rounded: Tensor): Tensor {
  const gone = tf.sub(rounded, a);
  return tf.sub(tf.sub(a, tf.sub(rounded, gone)), tf.add(b, gone));
}

/** Numbers that are summed one after the other: in float32, 50,000 of them lose up to 3e-4 of their sum. */
const summedAtOnce = 32;

/** Sums of the rows of `x` [R, n]: [R]. */
function rowSums(tf: TensorFlow, x: Tensor): Tensor {
  const [rows, size] = x.shape as [number, number];
  if (size <= summedAtOnce) return tf.sum(x, 1);
  const missing = (summedAtOnce - (size % summedAtOnce)) % summedAtOnce;
  const padded =
    missing === 0
      ? x
      : tf.pad(x, [
          [0, 0],
          [0, missing],
        ]);
  return rowSums(tf, tf.sum(tf.reshape(padded, [rows, -1, summedAtOnce]), 2));
}
