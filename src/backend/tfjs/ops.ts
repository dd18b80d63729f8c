/** Operations as steps of a program that TensorFlow.js runs batch by batch. */
import { partOf } from '../../checkpoint/tensors/derived.ts';
import { readTensor } from '../../checkpoint/tensors/read.ts';
import type { TensorInfo } from '../../checkpoint/types.ts';
import type { Ops, ParameterOptions, Remembering, StepBatch, TokenScores, TreeBatch } from '../../model/ops.ts';
import { type Batch, type CacheEntry, findParameter } from '../backend.ts';
import type { DeviceStep } from '../device_cache.ts';
import { activations } from './activations.ts';
import { attention, attentionScores, cachedAttention, stepMask, treeMask, windowed } from './attention.ts';
import type { Products } from './products.ts';
import type { Program, Value } from './program.ts';
import { type Tensor, type TensorFlow, takeRows } from './tensorflow.ts';
import type { Traffic } from './traffic.ts';

export interface TfjsOps extends Ops<Value> {
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

  function parameter(name: string, shape: readonly number[], options?: ParameterOptions): Value {
    const info = partOf(findParameter(tensors, name, shape), options);
    const value = program.keep();
    pending.push(async () => {
      value.tensor = tf.tensor(await readTensor(info), info.shape, 'float32');
    });
    return value;
  }

  const step = (inputs: Value[], kernel: (...tensors: Tensor[]) => Tensor) => program.step(inputs, kernel);
  return {
    async loaded() {
      for (const load of pending.splice(0)) await load();
    },
    parameter,
    constant: (values, shape) => program.keep(tf.tensor(values(), [...shape], 'float32')),
    embedding: (table, ids) => step([table, ids], (t, i) => takeRows(tf, t, i)),
    gather: (x, indices) => step([x, indices], (t, i) => takeRows(tf, t, i)),
    linear(x, weight, bias) {
      if (!bias) return step([x, weight], products.linear);
      return step([x, weight, bias], (t, w, b) => tf.add(products.linear(t, w), b));
    },
    concat: (vectors) => step([...vectors], (...parts) => tf.concat(parts, 0)),
    layerNorm: (x, weight, bias, epsilon, heads = 1) =>
      step([x, weight, bias].filter(isThere), (t, w, b) => {
        const parts = tf.reshape(t, [t.shape[0], heads, -1]);
        const centred = tf.sub(parts, tf.mean(parts, -1, true));
        const normed = tf.reshape(normalise(tf, centred, epsilon), t.shape);
        const weighted = w ? tf.mul(normed, w) : normed;
        return b ? tf.add(weighted, b) : weighted;
      }),
    rmsNorm: (x, weight, epsilon, heads = 1) =>
      step([x, weight], (t, w) => {
        const parts = tf.reshape(t, [t.shape[0], heads, -1]);
        return tf.reshape(tf.mul(normalise(tf, parts, epsilon), w), t.shape);
      }),
    rotary: (x, cos, sin, heads, size) => step([x, cos, sin], (t, c, s) => rotary(tf, t, c, s, heads, size)),
    attention: (q, k, v, { keys, values }, mask, heads) =>
      step([q, k, v, keys, values, mask], (...inputs) => attention(tf, products, inputs, heads)),
    cachedAttention: (q, k, v, { keys, values }, mask, heads) =>
      step([q, k, v, keys, values, mask], (...inputs) => cachedAttention(tf, products, inputs, heads)),
    window: (mask, size) => step([mask], (m) => windowed(tf, m, size)),
    attentionScores: (q, k, heads) => step([q, k], (s, t) => attentionScores(tf, products, s, t, heads)),
    activation: (x, name) => step([x], (t) => activations[name](tf, t)),
    scale: (x, factor) => step([x], (t) => tf.mul(t, factor)),
    add: (a, b) => step([a, b], (s, t) => tf.add(s, t)),
    mul: (a, b) => step([a, b], (s, t) => tf.mul(s, t)),
    tokenScores: (logits, rows, tokens) => tokenScores(tf, program, logits, rows, tokens),
  };
}

/** The model's view of a batch; `remembered` grows as the model asks for it. */
export function treeBatch(remembered: Remembered[]): TreeBatch<Value> {
  return { ids: {}, positions: {}, mask: {}, headRows: {}, targetRows: {}, targets: {}, past: remembering(remembered) };
}

/** The tensors of a batch, by the values that stand for them; `trunk` has one for each that is remembered. */
export function batchTensors(
  tf: TensorFlow,
  traffic: Traffic,
  values: TreeBatch<Value>,
  remembered: readonly Remembered[],
  batch: Batch,
  trunk: readonly Tensor[],
): Map<Value, Tensor> {
  const vector = (list: Int32Array) => traffic.send(list, [list.length]);
  return new Map([
    ...remembered.map(({ past }, i): [Value, Tensor] => [past, trunk[i]]),
    [values.ids, vector(batch.ids)],
    [values.positions, vector(batch.positions)],
    [values.mask, tf.tidy(() => treeMask(tf, vector(batch.ends), batch))],
    [values.headRows, vector(batch.headRows)],
    [values.targetRows, vector(batch.targetRows)],
    [values.targets, vector(batch.targets)],
  ]);
}

/** What a model remembers of new tokens, and the values that stand for what it remembers of earlier ones. */
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
    past: remembering(remembered),
  };
}

function remembering(remembered: Remembered[]): Remembering<Value>['past'] {
  return (role, fresh, heads, headSize) => {
    const past = {};
    remembered.push({ entry: { role, heads, headSize }, fresh, past });
    return past;
  };
}

/** The tensors of a step, by the values that stand for them; `past` has one for each that is remembered. */
export function stepTensors(
  tf: TensorFlow,
  traffic: Traffic,
  values: StepBatch<Value>,
  remembered: readonly Remembered[],
  { columns, ...step }: DeviceStep,
  past: readonly Tensor[],
  capacity: number,
): Map<Value, Tensor> {
  const vector = (list: Int32Array) => traffic.send(list, [list.length]);
  return new Map([
    [values.ids, vector(step.ids)],
    [values.positions, vector(step.positions)],
    [values.mask, tf.tidy(() => stepMask(tf, vector(step.lengths), columns, capacity))],
    [values.lastRows, vector(step.lastRows)],
    ...remembered.map(({ past: value }, i): [Value, Tensor] => [value, past[i]]),
  ]);
}

function isThere(value: Value | undefined): value is Value {
  return value !== undefined;
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

/** From logits [R, V]. */
function tokenScores(tf: TensorFlow, program: Program, logits: Value, rows: Value, tokens: Value): TokenScores<Value> {
  const largest = program.step([logits], (x) => tf.max(x, 1));
  const sums = program.step([logits, largest], (x, most) => rowSums(tf, tf.exp(tf.sub(x, tf.expandDims(most, 1)))));
  const logit = program.step([logits, rows, tokens], (x, r, t) => tf.gatherND(x, tf.stack([r, t], 1)));
  const ofTarget = (x: Value) => program.step([x, rows], (t, r) => takeRows(tf, t, r));
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
