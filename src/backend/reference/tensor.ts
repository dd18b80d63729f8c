/** A row-major array; of a parameter, `data` is there once `ReferenceOps.loaded` has settled. */
export interface Tensor {
  shape: number[];
  data: Float64Array;
}

export function tensor(shape: number[], data: ArrayLike<number>): Tensor {
  return { shape, data: Float64Array.from(data) };
}

export function map(x: Tensor, f: (value: number, index: number) => number): Tensor {
  return { shape: x.shape, data: x.data.map(f) };
}

/** Elements of one row of the first axis. */
function rowSize(x: Tensor): number {
  return x.shape.slice(1).reduce((product, size) => product * size, 1);
}

export function row(x: Tensor, index: number): Float64Array {
  const width = rowSize(x);
  return x.data.subarray(index * width, (index + 1) * width);
}

export function mapRows(x: Tensor, f: (values: Float64Array, index: number) => ArrayLike<number>): Tensor {
  const result: Tensor = { shape: x.shape, data: new Float64Array(x.data.length) };
  for (let i = 0; i < x.shape[0]; i++) row(result, i).set(f(row(x, i), i));
  return result;
}

export function takeRows(x: Tensor, indices: ArrayLike<number>): Tensor {
  const shape = [indices.length, ...x.shape.slice(1)];
  const result: Tensor = { shape, data: new Float64Array(indices.length * rowSize(x)) };
  for (let i = 0; i < indices.length; i++) row(result, i).set(row(x, indices[i]));
  return result;
}

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
