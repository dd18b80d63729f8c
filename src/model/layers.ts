/** Layers that architectures are made of: each asks for its parameters once and returns its computation. */
import type { Activation } from './activations.ts';
import type { Ops } from './ops.ts';

/** A computation on activations [N, width]. */
export type Layer<T> = (x: T) => T;

export interface LinearOptions {
  /** Whether there is a bias. */
  bias?: boolean;
  /** Which rows of the weight, and of the bias, are meant: how a fused projection is taken apart. */
  rows?: readonly number[];
  /** Whether the weight is stored as [inputs, outputs]. */
  transposed?: boolean;
}

/** `count` rows of a weight, from `from` on. */
export function rowRange(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

/** `<name>.weight` [outputs, inputs] and `<name>.bias` [outputs]. */
export function linear<T>(
  ops: Ops<T>,
  name: string,
  outputs: number,
  inputs: number,
  { bias = true, rows, transposed }: LinearOptions = {},
): Layer<T> {
  const shape = transposed ? [inputs, outputs] : [outputs, inputs];
  const weight = ops.parameter(`${name}.weight`, shape, { rows, transposed });
  const offset = bias ? ops.parameter(`${name}.bias`, [outputs], { rows }) : undefined;
  return (x) => ops.linear(x, weight, offset);
}

/** What a gated feed-forward layer is made of, by its sizes. */
export interface GatedMlp {
  hiddenSize: number;
  intermediateSize: number;
  activation: Activation;
  bias?: boolean;
}

/** `<name>.gate_proj`, `up_proj` and `down_proj`: down(activation(gate(x)) · up(x)). */
export function gatedMlp<T>(
  ops: Ops<T>,
  name: string,
  { hiddenSize, intermediateSize, activation, bias = false }: GatedMlp,
) {
  const gate = linear(ops, `${name}.gate_proj`, intermediateSize, hiddenSize, { bias });
  const up = linear(ops, `${name}.up_proj`, intermediateSize, hiddenSize, { bias });
  const down = linear(ops, `${name}.down_proj`, hiddenSize, intermediateSize, { bias });
  return (x: T) => down(ops.mul(ops.activation(gate(x), activation), up(x)));
}

export interface LayerNormOptions {
  /** Whether there are a weight and a bias. */
  affine?: boolean;
}

/** `<name>.weight` and `<name>.bias` [size]. */
export function layerNorm<T>(
  ops: Ops<T>,
  name: string,
  size: number,
  epsilon: number,
  { affine = true }: LayerNormOptions = {},
): Layer<T> {
  const [weight, bias] = affine ? ['weight', 'bias'].map((part) => ops.parameter(`${name}.${part}`, [size])) : [];
  return (x) => ops.layerNorm(x, weight, bias, epsilon);
}

/** Of each of `heads` parts by itself, `<name>.norms.<i>.weight` [size] each; no biases. */
export function headLayerNorm<T>(ops: Ops<T>, name: string, heads: number, size: number, epsilon: number): Layer<T> {
  const weights = Array.from({ length: heads }, (_, i) => ops.parameter(`${name}.norms.${i}.weight`, [size]));
  return (x) => ops.layerNorm(x, ops.concat(weights), undefined, epsilon, heads);
}

export interface RmsNormOptions {
  /** Over each of so many parts of `size` of the input's width. */
  heads?: number;
  /** Added to the weight. */
  shift?: number;
}

/** `<name>.weight` [size]. */
export function rmsNorm<T>(
  ops: Ops<T>,
  name: string,
  size: number,
  epsilon: number,
  { heads, shift }: RmsNormOptions = {},
): Layer<T> {
  const weight = ops.parameter(`${name}.weight`, [size], { shift });
  return (x) => ops.rmsNorm(x, weight, epsilon, heads);
}
