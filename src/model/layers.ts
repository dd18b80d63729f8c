/** Layers that architectures are made of: each asks for its parameters once and returns its computation. */
import type { Ops } from './ops.ts';

/** A computation on activations [N, width]. */
export type Layer<T> = (x: T) => T;

export interface LinearOptions {
  /** Whether there is a bias. */
  bias?: boolean;
  /** Which rows of the weight, and of the bias, are meant: how a fused projection is taken apart. */
  rows?: readonly number[];
}

/** `<name>.weight` [outputs, inputs] and `<name>.bias` [outputs]. */
export function linear<T>(
  ops: Ops<T>,
  name: string,
  outputs: number,
  inputs: number,
  { bias = true, rows }: LinearOptions = {},
): Layer<T> {
  const weight = ops.parameter(`${name}.weight`, [outputs, inputs], rows);
  const offset = bias ? ops.parameter(`${name}.bias`, [outputs], rows) : undefined;
  return (x) => ops.linear(x, weight, offset);
}

/** `<name>.weight` and `<name>.bias` [size]. */
export function layerNorm<T>(ops: Ops<T>, name: string, size: number, epsilon: number): Layer<T> {
  const weight = ops.parameter(`${name}.weight`, [size]);
  const bias = ops.parameter(`${name}.bias`, [size]);
  return (x) => ops.layerNorm(x, weight, bias, epsilon);
}

/** `<name>.weight` [size]. */
export function rmsNorm<T>(ops: Ops<T>, name: string, size: number, epsilon: number): Layer<T> {
  const weight = ops.parameter(`${name}.weight`, [size]);
  return (x) => ops.rmsNorm(x, weight, epsilon);
}
