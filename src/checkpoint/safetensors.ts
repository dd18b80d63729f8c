import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { damaged, isGitLfsPointer, type OpenFile, readBytes, readJsonObject, withFile } from './files.ts';
import { isStoredDtype, parseHeader, quote, SafetensorsHeaderError, type TensorEntry } from './safetensors_header.ts';
import type { StoredTensor } from './types.ts';

/** Largest header that the format allows, in bytes: https://github.com/huggingface/safetensors, `MAX_HEADER_SIZE`. */
const maxHeaderLength = 100_000_000;

/** The floating-point tensors of one safetensors file, by name. Throws a `checkpoint` error where it is damaged. */
export async function readSafetensors(path: string): Promise<Map<string, StoredTensor>> {
  const layout = await readLayout(path);
  return new Map(floatingPoint(layout));
}

/** The tensors of several files, and the files' names, in the order in which the index first has them. */
export interface ShardedTensors {
  tensors: Map<string, StoredTensor>;
  shards: string[];
}

/**
 * The floating-point tensors of the files that a `model.safetensors.index.json` names, whether or not it names them: as
 * in transformers, only the files count. Errors as of `readSafetensors`.
 */
export async function readShardedSafetensors(indexPath: string): Promise<ShardedTensors> {
  const shards = await readShards(indexPath);
  // One after the other, so that of several faults it is always the first that is told; headers are small.
  const tensors: [string, StoredTensor][] = [];
  for (const shard of shards) tensors.push(...floatingPoint(await readLayout(join(dirname(indexPath), shard))));
  return { tensors: new Map(tensors), shards };
}

/** Names of the files that an index refers to, checked to lie beside the index or in folders there. */
export async function readShards(indexPath: string): Promise<string[]> {
  const { weight_map: map } = await readJsonObject(indexPath);
  if (typeof map !== 'object' || map === null || Array.isArray(map)) throw damaged(indexPath, 'it has no weight_map');
  const shards = new Set<string>();
  for (const [name, shard] of Object.entries(map)) {
    if (typeof shard !== 'string' || !isBeside(shard))
      throw damaged(indexPath, `it says that ${quote(name)} is in ${quote(shard)}, which is no file beside it`);
    shards.add(shard);
  }
  if (shards.size === 0) throw damaged(indexPath, 'its weight_map is empty');
  return [...shards];
}

function isBeside(path: string): boolean {
  const names = path.split('/');
  return path.endsWith('.safetensors') && names.every((name) => /^[^\\:]+$/.test(name) && !/^\.*$/.test(name));
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
