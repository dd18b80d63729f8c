/** Tensors that are computed from what files have. */
import { dequantise } from '../gguf/blocks.ts';
import { readMerged } from '../lora/merged.ts';
import type { ComputedTensor, TensorInfo } from '../types.ts';
import { takeElements, takeRows, transpose } from './matrix.ts';
import { allocate, readRange } from './stored.ts';

type Read = (info: TensorInfo) => Promise<Float32Array>;

export function rowsOf(of: TensorInfo, rows: readonly number[]): ComputedTensor {
  return { dtype: of.dtype, shape: [rows.length, ...of.shape.slice(1)], computed: { kind: 'rows', of, rows } };
}

export function transposed(of: TensorInfo): ComputedTensor {
  return { dtype: of.dtype, shape: of.shape.toReversed(), computed: { kind: 'transposed', of } };
}

export function shifted(of: TensorInfo, by: number): ComputedTensor {
  return { dtype: of.dtype, shape: of.shape, computed: { kind: 'shifted', of, by } };
}

/** @param of As many elements as `span` says, side by side. */
export function strided(of: TensorInfo, shape: number[], strides: readonly number[]): ComputedTensor {
  return { dtype: of.dtype, shape, computed: { kind: 'strided', of, strides } };
}

/** Elements from the first to the last of a view with strides. */
export function span(shape: readonly number[], strides: readonly number[]): number {
  return shape.includes(0) ? 0 : shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis], 1);
}

/** What of a parameter is meant, in this order, where it is not what the checkpoint has. */
export function partOf(
  info: TensorInfo,
  options: { transposed?: boolean; rows?: readonly number[]; shift?: number } = {},
): TensorInfo {
  const whole = options.transposed ? transposed(info) : info;
  const chosen = options.rows ? rowsOf(whole, options.rows) : whole;
  return options.shift ? shifted(chosen, options.shift) : chosen;
}

/** @param read Reads the tensors that this one is computed from. */
export async function derive({ shape, computed }: ComputedTensor, read: Read): Promise<Float32Array> {
  if (computed.kind === 'merged') return readMerged(computed, read);
  if (computed.kind === 'blocks')
    return dequantise(computed.type, await readRange(computed), allocate(computed.file, shape));
  const values = await read(computed.of);
  if (computed.kind === 'shifted') return values.map((value) => value + computed.by);
  if (computed.kind === 'strided') return takeElements(values, shape, computed.strides);
  if (computed.kind === 'transposed') return transpose(values, shape[0]);
  if (computed.kind === 'rows') return takeRows(values, computed.rows, values.length / computed.of.shape[0]);
  const others = await read(computed.and);
  return values.map((value, i) => value + computed.scale * others[i]);
}
