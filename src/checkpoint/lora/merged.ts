/** A weight with a low-rank adapter merged into it (Hu et al. 2021, arXiv:2106.09685). */
import { transpose } from '../tensors/matrix.ts';
import type { Merge, TensorInfo } from '../types.ts';

type Read = (info: TensorInfo) => Promise<Float32Array>;

/** As peft's `merge_and_unload`, in float32. */
export async function readMerged(merge: Merge, read: Read): Promise<Float32Array> {
  const { of, scale, transposed } = merge;
  const [rows, columns] = of.shape;
  const weight = await read(of);
  const [a, b] = [await read(merge.a), await read(merge.b)];
  const [rank, inputs] = merge.a.shape;
  const [left, right] = transposed ? [transpose(a, inputs), transpose(b, rank)] : [b, a];
  addProduct(weight, left, right, { rows, rank, columns, scale });
  if (merge.magnitude) renormalise(weight, columns, await read(merge.magnitude), transposed);
  return weight;
}

/** Adds scale·left·right, [rows, rank] times [rank, columns], to `target`. */
function addProduct(
  target: Float32Array,
  left: Float32Array,
  right: Float32Array,
  { rows, rank, columns, scale }: { rows: number; rank: number; columns: number; scale: number },
): void {
  const sums = new Float64Array(columns);
  for (let i = 0; i < rows; i++) {
    sums.fill(0);
    for (let k = 0; k < rank; k++) {
      const factor = left[i * rank + k];
      const start = k * columns;
      for (let j = 0; j < columns; j++) sums[j] += factor * right[start + j];
    }
    for (let j = 0; j < columns; j++) target[i * columns + j] += scale * sums[j];
  }
}

/** Gives each output of a weight, a row of it or where `transposed` a column, the norm that it is to have. */
function renormalise(weight: Float32Array, columns: number, magnitude: Float32Array, transposed: boolean): void {
  const squares = new Float64Array(magnitude.length);
  const output = (at: number) => (transposed ? at % columns : Math.floor(at / columns));
  weight.forEach((value, at) => {
    squares[output(at)] += value ** 2;
  });
  const factors = squares.map((square, i) => magnitude[i] / Math.sqrt(square));
  for (let at = 0; at < weight.length; at++) weight[at] *= factors[output(at)];
}
