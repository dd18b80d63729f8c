import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HonEvalError } from '../errors.ts';
import { damaged, isGitLfsPointer, type OpenFile, readBytes, readInto, readJsonObject, withFile } from './files.ts';
import {
  elementCount,
  isStoredDtype,
  parseHeader,
  quote,
  SafetensorsHeaderError,
  type TensorEntry,
} from './safetensors_header.ts';
import type { TensorInfo } from './types.ts';
import { widenBfloat16, widenFloat16 } from './widen.ts';

/** Largest header that the format allows, in bytes: https://github.com/huggingface/safetensors, `MAX_HEADER_SIZE`. */
const maxHeaderLength = 100_000_000;

/** Elements that are widened at a time: enough to be fast, few enough to keep the event loop alive. */
const chunkElements = 1 << 22;

/** The floating-point tensors of one safetensors file, by name. Throws a `checkpoint` error where it is damaged. */
export async function readSafetensors(path: string): Promise<Map<string, TensorInfo>> {
  const layout = await readLayout(path);
  return new Map(floatingPoint(layout, layout.entries.keys()));
}

/** The tensors of several files, and the files' names, in the order in which the index first has them. */
export interface ShardedTensors {
  tensors: Map<string, TensorInfo>;
  shards: string[];
}

/** The floating-point tensors that a `model.safetensors.index.json` names. Errors as of `readSafetensors`. */
export async function readShardedSafetensors(indexPath: string): Promise<ShardedTensors> {
  const shards = await readShards(indexPath);
  const read = async ([shard, names]: [string, string[]]) => {
    const path = join(dirname(indexPath), shard);
    const layout = await readLayout(path);
    const lacking = names.find((name) => !layout.entries.has(name));
    if (lacking !== undefined) throw damaged(path, `it lacks tensor ${quote(lacking)}, which the index says is in it`);
    return floatingPoint(layout, names);
  };
  // One after the other, so that of several faults it is always the first that is told; headers are small.
  const tensors: [string, TensorInfo][] = [];
  for (const shard of shards) tensors.push(...(await read(shard)));
  return { tensors: new Map(tensors), shards: [...shards.keys()] };
}

/** Names of the files that an index refers to, each with its tensors, checked to lie beside the index. */
export async function readShards(indexPath: string): Promise<Map<string, string[]>> {
  const { weight_map: map } = await readJsonObject(indexPath);
  if (typeof map !== 'object' || map === null || Array.isArray(map)) throw damaged(indexPath, 'it has no weight_map');
  const shards = new Map<string, string[]>();
  for (const [name, shard] of Object.entries(map)) {
    if (typeof shard !== 'string' || !/^[^/\\:]+\.safetensors$/.test(shard)) {
      throw damaged(indexPath, `it says that ${quote(name)} is in ${quote(shard)}, which is no file name beside it`);
    }
    if (shards.get(shard)?.push(name) === undefined) shards.set(shard, [name]);
  }
  if (shards.size === 0) throw damaged(indexPath, 'its weight_map is empty');
  return shards;
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

function floatingPoint({ entries, file, dataStart }: Layout, names: Iterable<string>): [string, TensorInfo][] {
  const tensors: [string, TensorInfo][] = [];
  for (const name of names) {
    const { dtype, shape, begin, end } = entries.get(name)!;
    if (!isStoredDtype(dtype)) continue;
    tensors.push([name, { dtype, shape, file, offset: dataStart + begin, length: end - begin }]);
  }
  return tensors;
}

/**
 * The values of a tensor, or of its rows `begin` to `end` along the first dimension, row-major. The only memory taken
 * beside the result is one chunk. Assumes a little-endian machine, as all that run Node are but mainframes.
 */
export async function readTensor(info: TensorInfo, rows?: [begin: number, end: number]): Promise<Float32Array> {
  const count = info.shape[0] ?? 1;
  const [begin, end] = rows ?? [0, count];
  if (!(begin >= 0 && begin <= end && end <= count)) throw new RangeError(`Rows ${begin} to ${end} of ${count}.`);
  const rowSize = elementCount(info.shape.slice(1));
  const values = allocate(info, (end - begin) * rowSize);
  const start = info.offset + begin * rowSize * (info.dtype === 'F32' ? 4 : 2);
  await withFile(info.file, (file) => {
    if (info.dtype === 'F32') return readInto(file, start, new Uint8Array(values.buffer));
    return readWidened(file, start, info.dtype === 'F16' ? widenFloat16 : widenBfloat16, values);
  });
  return values;
}

function allocate({ file, shape }: TensorInfo, length: number): Float32Array<ArrayBuffer> {
  try {
    return new Float32Array(length);
  } catch (cause) {
    const message = `Cannot read a tensor of shape [${shape}] from ${file}: ${length * 4} bytes are too many at once.`;
    throw new HonEvalError('checkpoint', message, { cause });
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
