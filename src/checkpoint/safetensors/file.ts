import { realpath } from 'node:fs/promises';
import { damaged, isGitLfsPointer, type OpenFile, readBytes, withFile } from '../files.ts';
import type { FileRange, StoredTensor } from '../types.ts';
import { isStoredDtype, parseHeader, SafetensorsHeaderError } from './header.ts';

/** Largest header that the format allows, in bytes: https://github.com/huggingface/safetensors, `MAX_HEADER_SIZE`. */
const maxHeaderLength = 100_000_000;

/** The floating-point tensors of one safetensors file, by name. Throws a `checkpoint` error where it is damaged. */
export async function readSafetensors(path: string): Promise<Map<string, StoredTensor>> {
  const tensors = new Map<string, StoredTensor>();
  for (const [name, tensor] of await readLayout(path)) if (isFloatingPoint(tensor)) tensors.set(name, tensor);
  return tensors;
}

/** A tensor where it lies, of whatever type. */
export interface PlacedTensor extends FileRange {
  dtype: string;
  shape: number[];
}

function isFloatingPoint(tensor: PlacedTensor): tensor is StoredTensor {
  return isStoredDtype(tensor.dtype);
}

/** All tensors of a file, those of integers included, by name. Throws a `checkpoint` error where it is damaged. */
export async function readLayout(path: string): Promise<Map<string, PlacedTensor>> {
  return withFile(path, async (open) => {
    try {
      const header = await readHeader(open);
      const dataStart = 8 + header.length;
      const entries = parseHeader(header, open.size - dataStart);
      const file = await realpath(path);
      const placed = [...entries].map(([name, { dtype, shape, begin, end }]): [string, PlacedTensor] => [
        name,
        { dtype, shape, file, offset: dataStart + begin, length: end - begin },
      ]);
      return new Map(placed);
    } catch (error) {
      throw error instanceof SafetensorsHeaderError ? damaged(path, error.message) : error;
    }
  });
}

/** The header's JSON. Its length is the file's first eight bytes, and nothing is allocated before it is believed. */
async function readHeader(file: OpenFile): Promise<Uint8Array> {
  const start = await readBytes(file, 0, Math.min(file.size, 64));
  if (isGitLfsPointer(start)) throw new SafetensorsHeaderError('it is a Git LFS pointer; run "git lfs pull" there');
  if (file.size < 8) throw new SafetensorsHeaderError(`it is truncated: it has ${file.size} bytes`);
  const length = start.readBigUInt64LE();
  const rest = file.size - 8;
  if (length > maxHeaderLength) {
    throw new SafetensorsHeaderError(`its header would have ${length} bytes, and ${maxHeaderLength} are allowed`);
  }
  if (length > rest) {
    throw new SafetensorsHeaderError(`it is truncated: its header has ${length} bytes and ${rest} are there`);
  }
  return readBytes(file, 8, Number(length));
}
