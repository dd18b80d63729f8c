/** The files that a checkpoint's weights lie in: one, or several that an index names. */
import { join } from 'node:path';
import { damaged, readJsonObject } from './files.ts';
import { readPytorch } from './pytorch/index.ts';
import { readSafetensors } from './safetensors/file.ts';
import { quote } from './safetensors/header.ts';
import type { TensorInfo } from './types.ts';
import { isIndex, type WeightFormat } from './weight_format.ts';

/** The tensors of one or several files, and the files' names, in the order in which an index first has them. */
export interface StoredWeights {
  tensors: Map<string, TensorInfo>;
  files: string[];
}

/**
 * The floating-point tensors of a checkpoint, whether or not an index names them: as in transformers, only the files
 * count. Throws a `checkpoint` error where one is damaged.
 */
export async function readWeights(folder: string, format: WeightFormat): Promise<StoredWeights> {
  const files = await weightFiles(folder, format);
  // One after the other, so that of several faults it is always the first that is told; headers are small.
  const tensors: [string, TensorInfo][] = [];
  for (const file of files) tensors.push(...(await readWeightFile(join(folder, file))));
  return { tensors: new Map(tensors), files };
}

/** The floating-point tensors of one file, by name. */
export function readWeightFile(path: string): Promise<Map<string, TensorInfo>> {
  return path.endsWith('.bin') ? readPytorch(path) : readSafetensors(path);
}

/** Names of the files that weights lie in; of these only an index must be there. */
export async function weightFiles(folder: string, format: WeightFormat): Promise<string[]> {
  return isIndex(format) ? readShards(join(folder, format)) : [format];
}

/** Names of the files that an index refers to, checked to lie beside the index or in folders there. */
async function readShards(indexPath: string): Promise<string[]> {
  const { weight_map: map } = await readJsonObject(indexPath);
  if (typeof map !== 'object' || map === null || Array.isArray(map)) throw damaged(indexPath, 'it has no weight_map');
  const extension = indexPath.endsWith('.bin.index.json') ? '.bin' : '.safetensors';
  const shards = new Set<string>();
  for (const [name, shard] of Object.entries(map)) {
    if (typeof shard !== 'string' || !shard.endsWith(extension) || !isBeside(shard))
      throw damaged(indexPath, `it says that ${quote(name)} is in ${quote(shard)}, which is no file beside it`);
    shards.add(shard);
  }
  if (shards.size === 0) throw damaged(indexPath, 'its weight_map is empty');
  return [...shards];
}

function isBeside(path: string): boolean {
  return path.split('/').every((name) => /^[^\\:]+$/.test(name) && !/^\.*$/.test(name));
}
