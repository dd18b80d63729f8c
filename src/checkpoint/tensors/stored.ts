import { HonEvalError } from '../../errors.ts';
import { type OpenFile, readInto, withFile } from '../files.ts';
import { dtypeBits, elementCount } from '../safetensors/header.ts';
import type { FileRange, StoredDtype, StoredTensor } from '../types.ts';
import { type Float8, float8Table, isFloat8, widenBfloat16, widenFloat8, widenFloat16 } from '../widen.ts';

/** Bytes that are widened at a time: enough to be fast, few enough to keep the event loop alive. */
const chunkBytes = 1 << 23;

/**
 * The numbers of a tensor, row-major, in float32: doubles are rounded to it. The only memory taken beside the result is
 * one chunk. Assumes a little-endian machine, as all that run Node are but mainframes.
 */
export async function readStored({ dtype, shape, file: path, offset }: StoredTensor): Promise<Float32Array> {
  const size = dtypeBits[dtype] / 8;
  const values = allocate(path, shape);
  await withFile(path, (file) => {
    if (dtype === 'F32') return readInto(file, offset, new Uint8Array(values.buffer));
    return readWidened(file, offset, size, widenerOf(dtype), values);
  });
  return values;
}

/** Room for a tensor's numbers; a `checkpoint` error where no array is so long. */
export function allocate(path: string, shape: readonly number[]): Float32Array<ArrayBuffer> {
  const count = elementCount(shape);
  try {
    return new Float32Array(count);
  } catch (cause) {
    const message = `Cannot read a tensor of shape [${shape}] from ${path}: ${count * 4} bytes are too many at once.`;
    throw new HonEvalError('checkpoint', message, { cause });
  }
}

/** The bytes of a tensor as they lie in its file. */
export function readRange({ file: path, offset, length }: FileRange): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  return withFile(path, (file) => readInto(file, offset, bytes)).then(() => bytes);
}

type Widen = (source: ArrayBuffer, target: Float32Array<ArrayBuffer>) => void;

const bits = (values: Float32Array<ArrayBuffer>) => new Uint32Array(values.buffer, values.byteOffset, values.length);

const wideners: Record<Exclude<StoredDtype, 'F32' | Float8>, Widen> = {
  F16: (source, target) => widenFloat16(new Uint16Array(source, 0, target.length), bits(target)),
  BF16: (source, target) => widenBfloat16(new Uint16Array(source, 0, target.length), bits(target)),
  F64: (source, target) => target.set(new Float64Array(source, 0, target.length)),
};

function widenerOf(dtype: Exclude<StoredDtype, 'F32'>): Widen {
  if (!isFloat8(dtype)) return wideners[dtype];
  const table = float8Table(dtype);
  return (source, target) => widenFloat8(table, new Uint8Array(source, 0, target.length), target);
}

async function readWidened(
  file: OpenFile,
  start: number,
  size: number,
  widen: Widen,
  values: Float32Array<ArrayBuffer>,
): Promise<void> {
  const step = Math.min(chunkBytes / size, values.length);
  const chunk = new ArrayBuffer(step * size);
  for (let done = 0; done < values.length; done += step) {
    const target = values.subarray(done, done + step);
    await readInto(file, start + done * size, new Uint8Array(chunk, 0, target.length * size));
    widen(chunk, target);
  }
}
