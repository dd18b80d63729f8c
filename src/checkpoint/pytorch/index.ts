/** Weights as `torch.save` writes them, without running the pickle in them. */
import { realpath } from 'node:fs/promises';
import { damaged, isGitLfsPointer, type OpenFile, readBytes, withFile } from '../files.ts';
import { elementCount, isIntegral, isStoredDtype, quote, unreadable } from '../safetensors/header.ts';
import { span, strided } from '../tensors/derived.ts';
import type { StoredTensor, TensorInfo } from '../types.ts';
import { readLegacy } from './legacy.ts';
import { PickleError } from './pickle.ts';
import { bytesOf, type TensorView } from './state_dict.ts';
import { type Place, readZip, type StoredWeights } from './zip.ts';

/**
 * The floating-point tensors of a `pytorch_model.bin`, by name, where they lie: views of one storage share its bytes. Throws a `checkpoint` error
 * where the file is damaged, or where its pickle asks for anything but tensors.
 */
export async function readPytorch(path: string): Promise<Map<string, TensorInfo>> {
  return withFile(path, async (file) => {
    try {
      const { tensors, places } = await readWeights(file);
      const real = await realpath(path);
      const infos = [...tensors].map(([name, tensor]) => [name, locate(name, tensor, places, real)] as const);
      const floats = infos.filter((entry): entry is [string, TensorInfo] => entry[1] !== undefined);
      return new Map(floats);
    } catch (error) {
      throw error instanceof PickleError ? damaged(path, error.message) : error;
    }
  });
}

async function readWeights(file: OpenFile): Promise<StoredWeights> {
  const start = await readBytes(file, 0, Math.min(file.size, 512));
  if (isGitLfsPointer(start)) throw new PickleError('it is a Git LFS pointer; run "git lfs pull" there');
  if (start.toString('latin1', 0, 2) === 'PK') return readZip(file);
  if (start.toString('latin1', 257, 262) === 'ustar')
    throw new PickleError('it is of a version of PyTorch before 0.4; save it again with a newer one');
  return readLegacy(file);
}

/** Undefined for integers. */
function locate(name: string, tensor: TensorView, places: Map<string, Place>, file: string): TensorInfo | undefined {
  const { storage, dtype, shape, strides, offset } = tensor;
  if (isIntegral(dtype)) return undefined;
  if (!isStoredDtype(dtype)) throw new PickleError(unreadable(name, dtype));
  const place = places.get(storage.key);
  if (!place) throw new PickleError(`it lacks the storage of tensor ${quote(name)}`);
  if (storage.begin + storage.length > place.length)
    throw new PickleError(`its storage ${quote(storage.key)} has ${place.length} bytes where its pickle says more`);
  const size = bytesOf(dtype);
  const begin = place.offset + storage.begin + offset * size;
  const elements = span(shape, strides);
  const run: StoredTensor = { dtype, shape: [elements], file, offset: begin, length: elements * size };
  return isRowMajor(shape, strides) ? { ...run, shape } : strided(run, shape, strides);
}

/** Whether elements lie one after the other, row by row; the stride of what is there once is of no account. */
function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  const expected = shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
  return shape.includes(0) || shape.every((size, axis) => size === 1 || strides[axis] === expected[axis]);
}
