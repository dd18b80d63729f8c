import { elementCount } from '../safetensors/header.ts';

/** Rows of a row-major matrix of `width` columns, in this order. */
export function takeRows(values: Float32Array, rows: readonly number[], width: number): Float32Array {
  const taken = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    taken.set(values.subarray(row * width, (row + 1) * width), i * width);
  });
  return taken;
}

/** The transpose of a row-major matrix of `columns` columns. */
export function transpose(values: Float32Array, columns: number): Float32Array {
  const rows = values.length / columns;
  const result = new Float32Array(values.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result[j * rows + i] = values[i * columns + j];
  return result;
}

/** The elements of a view with strides, one a dimension, row by row. */
export function takeElements(values: Float32Array, shape: readonly number[], strides: readonly number[]): Float32Array {
  const taken = new Float32Array(elementCount(shape));
  let next = 0;
  const take = (axis: number, at: number): void => {
    if (axis === shape.length) taken[next++] = values[at];
    else for (let i = 0; i < shape[axis]; i++) take(axis + 1, at + i * strides[axis]);
  };
  if (taken.length > 0) take(0, 0);
  return taken;
}
