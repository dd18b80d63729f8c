/** Tensors that are computed from what files have. */
import type { ComputedTensor, TensorInfo } from '../types.ts';

export function rowsOf(of: TensorInfo, rows: readonly number[]): ComputedTensor {
  return { dtype: of.dtype, shape: [rows.length, ...of.shape.slice(1)], computed: { kind: 'rows', of, rows } };
}

export function transposed(of: TensorInfo): ComputedTensor {
  return { dtype: of.dtype, shape: of.shape.toReversed(), computed: { kind: 'transposed', of } };
}

export function shifted(of: TensorInfo, by: number): ComputedTensor {
  return { dtype: of.dtype, shape: of.shape, computed: { kind: 'shifted', of, by } };
}

/** @param read Reads the tensors that this one is computed from. */
export async function derive(
  { shape, computed }: ComputedTensor,
  read: (info: TensorInfo) => Promise<Float32Array>,
): Promise<Float32Array> {
  const values = await read(computed.of);
  if (computed.kind === 'shifted') return values.map((value) => value + computed.by);
  if (computed.kind === 'transposed') return transpose(values, shape[0]);
  return takeRows(values, computed.rows, values.length / computed.of.shape[0]);
}

function takeRows(values: Float32Array, rows: readonly number[], width: number): Float32Array {
  const taken = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    taken.set(values.subarray(row * width, (row + 1) * width), i * width);
  });
  return taken;
}

/** @param columns Of the matrix that is transposed. */
function transpose(values: Float32Array, columns: number): Float32Array {
  const rows = values.length / columns;
  const result = new Float32Array(values.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result[j * rows + i] = values[i * columns + j];
  return result;
}
