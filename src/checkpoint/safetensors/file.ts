import { realpath } from 'node:fs/promises';
import { damaged, isGitLfsPointer, type OpenFile, readBytes, withFile } from '../files.ts';
import type { StoredTensor } from '../types.ts';
import { isStoredDtype, parseHeader, SafetensorsHeaderError, type TensorEntry } from './header.ts';

/** Largest header that the format allows, in bytes: https://github.com/huggingface/safetensors, `MAX_HEADER_SIZE`. */
const maxHeaderLength = 100_000_000;

/** The floating-point tensors of one safetensors file, by name. Throws a `checkpoint` error where it is damaged. */
export async function readSafetensors(path: string): Promise<Map<string, StoredTensor>> {
  const layout = await readLayout(path);
  return new Map(floatingPoint(layout));
}

/** What is where in a safetensors file. */
export interface Layout {
  /** All tensors, those of integers included. */
  entries: Map<string, TensorEntry>;
  /** Path with symbolic links resolved. */
  file: string;
  /** Bytes before the data. */
  dataStart: number;
}

/** Reads and checks a file's header. Throws a `checkpoint` error where it is damaged. */
export async function readLayout(path: string): Promise<Layout> {
  return withFile(path, async (file) => {
    try {
      const header = await readHeader(file);
      const dataStart = 8 + header.length;
      return { entries: parseHeader(header, file.size - dataStart), file: await realpath(path), dataStart };
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

function floatingPoint({ entries, file, dataStart }: Layout): [string, StoredTensor][] {
  const tensors: [string, StoredTensor][] = [];
  for (const [name, { dtype, shape, begin, end }] of entries) {
    if (!isStoredDtype(dtype)) continue;
    tensors.push([name, { dtype, shape, file, offset: dataStart + begin, length: end - begin }]);
  }
  return tensors;
}
