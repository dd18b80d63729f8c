import { HonEvalError } from '../../errors.ts';
import { type OpenFile, readInto, withFile } from '../files.ts';
import { elementCount } from '../safetensors_header.ts';
import type { FileRange, StoredTensor } from '../types.ts';
import { widenBfloat16, widenFloat16 } from '../widen.ts';

/** Elements that are widened at a time: enough to be fast, few enough to keep the event loop alive. */
const chunkElements = 1 << 22;

/**
 * The numbers of a tensor, row-major. The only memory taken beside the result is one chunk. Assumes a little-endian
 * machine, as all that run Node are but mainframes.
 */
export async function readStored({ dtype, shape, file: path, offset }: StoredTensor): Promise<Float32Array> {
  const values = allocate(path, shape);
  await withFile(path, (file) => {
    if (dtype === 'F32') return readInto(file, offset, new Uint8Array(values.buffer));
    if (dtype === 'F64') return readRounded(file, offset, values);
    return readWidened(file, offset, dtype === 'F16' ? widenFloat16 : widenBfloat16, values);
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

/** To the nearest float32, as PyTorch rounds. */
async function readRounded(file: OpenFile, start: number, values: Float32Array): Promise<void> {
  const chunk = new Float64Array(Math.min(chunkElements, values.length));
  for (let done = 0; done < values.length; done += chunk.length) {
    const source = chunk.subarray(0, values.length - done);
    await readInto(file, start + 8 * done, new Uint8Array(source.buffer, 0, source.byteLength));
    values.set(source, done);
  }
}

type Widen = (source: Uint16Array, target: Uint32Array) => void;

async function readWidened(file: OpenFile, start: number, widen: Widen, values: Float32Array<ArrayBuffer>) {
  const target = new Uint32Array(values.buffer);
  const chunk = new Uint16Array(Math.min(chunkElements, target.length));
  for (let done = 0; done < target.length; done += chunk.length) {
    const source = chunk.subarray(0, target.length - done);
    await readInto(file, start + 2 * done, new Uint8Array(source.buffer, 0, source.byteLength));
    widen(source, target.subarray(done, done + source.length));
  }
}
