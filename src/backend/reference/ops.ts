/** Every operation in plain float64 loops: slow, obvious, the judge of the other backends. */
import { partOf } from '../../checkpoint/tensors/derived.ts';
import { readTensor } from '../../checkpoint/tensors/read.ts';
import type { TensorInfo } from '../../checkpoint/types.ts';
import { type Activation, geluScale, laplace } from '../../model/activations.ts';
import type { Ops, ParameterOptions, TokenScores } from '../../model/ops.ts';
import { type Batch, findParameter } from '../backend.ts';
import { attention, attentionScores, cachedAttention, treeMask, window } from './attention.ts';
import { dot, map, mapRows, row, type Tensor, takeRows, tensor } from './tensor.ts';

export interface ReferenceOps extends Ops<Tensor> {
  /** Waits for the parameters asked for so far. */
  loaded(): Promise<void>;
  /** The mask of a batch: 0 where a token sees another, in [rows, columns, P + columns]. */
  treeMask(batch: Batch): Tensor;
}

export function referenceOps(tensors: ReadonlyMap<string, TensorInfo>): ReferenceOps {
  const pending: Promise<void>[] = [];

  function parameter(name: string, shape: readonly number[], options?: ParameterOptions): Tensor {
    const info = partOf(findParameter(tensors, name, shape), options);
    const result: Tensor = { shape: info.shape, data: new Float64Array() };
    pending.push(
      readTensor(info).then((values) => {
        result.data = Float64Array.from(values);
      }),
    );
    return result;
  }

  return {
    parameter,
    loaded: async () => void (await Promise.all(pending)),
    treeMask,
    constant: (values, shape) => tensor([...shape], values()),
    embedding: (table, ids) => takeRows(table, ids.data),
    gather: (x, indices) => takeRows(x, indices.data),
    linear,
    concat: (vectors) => {
      const values = vectors.flatMap(({ data }) => [...data]);
      return tensor([values.length], values);
    },
    layerNorm,
    rmsNorm,
    rotary,
    attention,
    cachedAttention,
    window,
    attentionScores,
    activation: (x, name) => map(x, functions[name]),
    scale: (x, factor) => map(x, (value) => value * factor),
    add: (a, b) => map(a, (value, i) => value + b.data[i]),
    mul: (a, b) => map(a, (value, i) => value * b.data[i]),
    tokenScores,
  };
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

function layerNorm(
  x: Tensor,
  weight: Tensor | undefined,
  bias: Tensor | undefined,
  epsilon: number,
  heads = 1,
): Tensor {
  const size = x.shape[1] / heads;
  return mapRows(x, (values) => {
    const parts = Array.from({ length: heads }, (_, head) => {
      const part = values.subarray(head * size, (head + 1) * size);
      const centre = mean(part);
      return { centre, variance: mean(part.map((value) => (value - centre) ** 2)) };
    });
    return values.map((value, i) => {
      const { centre, variance } = parts[Math.floor(i / size)];
      return ((value - centre) / Math.sqrt(variance + epsilon)) * (weight?.data[i] ?? 1) + (bias?.data[i] ?? 0);
    });
  });
}

function rmsNorm(x: Tensor, weight: Tensor, epsilon: number, heads = 1): Tensor {
  const size = x.shape[1] / heads;
  return mapRows(x, (values) => {
    const squares = Array.from({ length: heads }, (_, head) =>
      mean(values.subarray(head * size, (head + 1) * size).map((value) => value ** 2)),
    );
    return values.map(
      (value, i) => (value / Math.sqrt(squares[Math.floor(i / size)] + epsilon)) * weight.data[i % size],
    );
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
