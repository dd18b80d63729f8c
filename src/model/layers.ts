/** Layers that architectures are made of: each asks for its parameters once and returns its computation. */
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

/** `<name>.weight` and `<name>.bias` [size]. */
export function layerNorm<T>(ops: Ops<T>, name: string, size: number, epsilon: number): Layer<T> {
  const weight = ops.parameter(`${name}.weight`, [size]);
  const bias = ops.parameter(`${name}.bias`, [size]);
  return (x) => ops.layerNorm(x, weight, bias, epsilon);
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
