/** Every operation in plain float64 loops: slow, obvious, the judge of the other backends. */
import { rowsOf } from '../../checkpoint/tensors/derived.ts';
import { readTensor } from '../../checkpoint/tensors/read.ts';
import type { TensorInfo } from '../../checkpoint/types.ts';
import { type Activation, geluScale, laplace } from '../../model/activations.ts';
import type { Heads, Ops, Past, TokenScores } from '../../model/ops.ts';
import { findParameter } from '../backend.ts';

/** A row-major array; of a parameter, `data` is there once `ReferenceOps.loaded` has settled. */
export interface Tensor {
  shape: number[];
  data: Float64Array;
}

export function tensor(shape: number[], data: ArrayLike<number>): Tensor {
  return { shape, data: Float64Array.from(data) };
}

export interface ReferenceOps extends Ops<Tensor> {
  /** Waits for the parameters asked for so far. */
  loaded(): Promise<void>;
  /** The mask of a batch: `ends` as [rows, columns]. */
  treeMask(ends: Int32Array, rows: number, columns: number): Tensor;
}

export function referenceOps(tensors: ReadonlyMap<string, TensorInfo>): ReferenceOps {
  const pending: Promise<void>[] = [];

  function parameter(name: string, shape: readonly number[], rows?: readonly number[]): Tensor {
    const info = findParameter(tensors, name, shape);
    const result: Tensor = { shape: [rows?.length ?? shape[0], ...shape.slice(1)], data: new Float64Array() };
    pending.push(
      readTensor(rows ? rowsOf(info, rows) : info).then((values) => {
        result.data = Float64Array.from(values);
      }),
    );
    return result;
  }

  return {
    parameter,
    loaded: async () => void (await Promise.all(pending)),
    treeMask: (ends, rows, columns) => tensor([rows, columns], ends),
    constant: (values, shape) => tensor([...shape], values),
    embedding: (table, ids) => takeRows(table, ids.data),
    gather: (x, indices) => takeRows(x, indices.data),
    linear,
    layerNorm,
    rmsNorm,
    rotary,
    attention,
    cachedAttention,
    attentionScores,
    activation: (x, name) => map(x, functions[name]),
    add: (a, b) => map(a, (value, i) => value + b.data[i]),
    mul: (a, b) => map(a, (value, i) => value * b.data[i]),
    tokenScores,
  };
}

function map(x: Tensor, f: (value: number, index: number) => number): Tensor {
  return { shape: x.shape, data: x.data.map(f) };
}

/** Elements of one row of the first axis. */
function rowSize(x: Tensor): number {
  return x.shape.slice(1).reduce((product, size) => product * size, 1);
}

function row(x: Tensor, index: number): Float64Array {
  const width = rowSize(x);
  return x.data.subarray(index * width, (index + 1) * width);
}

function mapRows(x: Tensor, f: (values: Float64Array, index: number) => ArrayLike<number>): Tensor {
  const result: Tensor = { shape: x.shape, data: new Float64Array(x.data.length) };
  for (let i = 0; i < x.shape[0]; i++) row(result, i).set(f(row(x, i), i));
  return result;
}

function takeRows(x: Tensor, indices: ArrayLike<number>): Tensor {
  const shape = [indices.length, ...x.shape.slice(1)];
  const result: Tensor = { shape, data: new Float64Array(indices.length * rowSize(x)) };
  for (let i = 0; i < indices.length; i++) row(result, i).set(row(x, indices[i]));
  return result;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const [rows, outputs] = [x.shape[0], weight.shape[0]];
  const result: Tensor = { shape: [rows, outputs], data: new Float64Array(rows * outputs) };
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < outputs; j++)
      result.data[i * outputs + j] = dot(row(x, i), row(weight, j)) + (bias ? bias.data[j] : 0);
  return result;
}

function layerNorm(x: Tensor, weight: Tensor, bias: Tensor, epsilon: number): Tensor {
  return mapRows(x, (values) => {
    const centre = mean(values);
    const variance = mean(values.map((value) => (value - centre) ** 2));
    return values.map((value, i) => ((value - centre) / Math.sqrt(variance + epsilon)) * weight.data[i] + bias.data[i]);
  });
}

function rmsNorm(x: Tensor, weight: Tensor, epsilon: number): Tensor {
  return mapRows(x, (values) => {
    const square = mean(values.map((value) => value ** 2));
    return values.map((value, i) => (value / Math.sqrt(square + epsilon)) * weight.data[i]);
  });
}

function rotary(x: Tensor, cos: Tensor, sin: Tensor, heads: number, size: number): Tensor {
  const headSize = x.shape[1] / heads;
  const half = size / 2;
  return mapRows(x, (values, token) => {
    const turned = values.slice();
    for (let start = 0; start < values.length; start += headSize)
      for (let i = 0; i < half; i++) {
        const [a, b] = [values[start + i], values[start + i + half]];
        const [c, s] = [row(cos, token)[i], row(sin, token)[i]];
        turned[start + i] = a * c - b * s;
        turned[start + i + half] = b * c + a * s;
      }
    return turned;
  });
}

function attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor, heads: number, keyHeads: number): Tensor {
  const headSize = q.shape[1] / heads;
  const columns = mask.shape[1];
  return mapRows(q, (query, token) => {
    const start = token - (token % columns);
    const seen = [];
    for (let other = start; other <= token; other++) if (token - start < mask.data[other]) seen.push(other);
    const output = new Float64Array(query.length);
    for (let head = 0; head < heads; head++) {
      const from = Math.floor((head * keyHeads) / heads) * headSize;
      const part = (x: Tensor, at: number) => row(x, at).subarray(from, from + headSize);
      const own = query.subarray(head * headSize, (head + 1) * headSize);
      const weights = softmax(seen.map((other) => dot(own, part(k, other)) / Math.sqrt(headSize)));
      seen.forEach((other, n) => {
        part(v, other).forEach((value, i) => {
          output[head * headSize + i] += weights[n] * value;
        });
      });
    }
    return output;
  });
}

/**
 * @param past keys [B, keyHeads, dh, capacity] and values [B, keyHeads, capacity, dh]
 * @param mask [B, S, capacity + S]
 */
function cachedAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { keys, values }: Past<Tensor>,
  mask: Tensor,
  { heads, keyHeads, headSize }: Heads,
): Tensor {
  const [, columns, places] = mask.shape;
  const capacity = places - columns;
  return mapRows(q, (query, token) => {
    const start = token - (token % columns);
    const added = mask.data.subarray(token * places, (token + 1) * places);
    const seen = [...added.keys()].filter((place) => added[place] === 0);
    const output = new Float64Array(query.length);
    for (let head = 0; head < heads; head++) {
      const keyHead = Math.floor((head * keyHeads) / heads);
      const block = ((start / columns) * keyHeads + keyHead) * headSize * capacity;
      const own = query.subarray(head * headSize, (head + 1) * headSize);
      const at = (fresh: Tensor, place: number, earlier: (i: number) => number) => {
        if (place < capacity) return own.map((_, i) => earlier(i));
        return row(fresh, start + place - capacity).subarray(keyHead * headSize, (keyHead + 1) * headSize);
      };
      const keyAt = (place: number) => at(k, place, (i) => keys.data[block + i * capacity + place]);
      const valueAt = (place: number) => at(v, place, (i) => values.data[block + place * headSize + i]);
      const weights = softmax(seen.map((place) => dot(own, keyAt(place)) / Math.sqrt(headSize)));
      seen.forEach((place, n) => {
        valueAt(place).forEach((value, i) => {
          output[head * headSize + i] += weights[n] * value;
        });
      });
    }
    return output;
  });
}

function attentionScores(q: Tensor, k: Tensor, heads: number, keyHeads: number): Tensor {
  const [tokens, width] = q.shape;
  const headSize = width / heads;
  const part = (x: Tensor, token: number, head: number) =>
    row(x, token).subarray(head * headSize, (head + 1) * headSize);
  const data = new Float64Array(heads * tokens * tokens);
  for (let head = 0, at = 0; head < heads; head++)
    for (let i = 0; i < tokens; i++)
      for (let j = 0; j < tokens; j++)
        data[at++] = dot(part(q, i, head), part(k, j, Math.floor((head * keyHeads) / heads))) / Math.sqrt(headSize);
  return { shape: [heads, tokens, tokens], data };
}

function softmax(values: number[]): number[] {
  const largest = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const gelu = (x: number) => x * 0.5 * erfc(-x / Math.SQRT2);
const clip = (x: number, low: number, high: number) => Math.min(high, Math.max(low, x));

const functions: Record<Activation, (x: number) => number> = {
  gelu,
  gelu_10: (x) => clip(gelu(x), -10, 10),
  gelu_tanh: (x) => 0.5 * x * (1 + Math.tanh(geluScale * (x + 0.044715 * x ** 3))),
  quick_gelu: (x) => x * sigmoid(1.702 * x),
  silu: (x) => x * sigmoid(x),
  relu: (x) => Math.max(x, 0),
  relu2: (x) => Math.max(x, 0) ** 2,
  relu6: (x) => clip(x, 0, 6),
  leaky_relu: (x) => (x > 0 ? x : 0.01 * x),
  hardswish: (x) => (x * clip(x + 3, 0, 6)) / 6,
  mish: (x) => x * Math.tanh(softplus(x)),
  sigmoid,
  tanh: Math.tanh,
  laplace: (x) => 0.5 * erfc((laplace.mean - x) / (laplace.deviation * Math.SQRT2)),
  sqrtsoftplus: (x) => Math.sqrt(softplus(x)),
  linear: (x) => x,
};

/**
 * Complementary error function to about 1e-15: the Maclaurin series of erf below 2.5, the continued fraction of erfc
 * above (Abramowitz and Stegun 7.1.6, 7.1.14).
 */
export function erfc(x: number): number {
  const size = Math.abs(x);
  if (size < 2.5) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-18; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return 1 - ((2 * sum) / Math.sqrt(Math.PI)) * Math.exp(-x * x);
  }
  let fraction = size;
  for (let n = 80; n >= 1; n--) fraction = size + n / 2 / fraction;
  const tail = Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction);
  return x > 0 ? tail : 2 - tail;
}

function tokenScores(logits: Tensor, rows: Tensor, tokens: Tensor): TokenScores<Tensor> {
  const largest = (n: number) => row(logits, rows.data[n]).reduce((a, b) => Math.max(a, b), -Infinity);
  return {
    centred: map(tokens, (token, n) => row(logits, rows.data[n])[token] - largest(n)),
    sum: map(tokens, (_, n) => row(logits, rows.data[n]).reduce((sum, value) => sum + Math.exp(value - largest(n)), 0)),
  };
}
