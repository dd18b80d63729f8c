import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';
import pLimit from 'p-limit';
import { hashFile, sha256 } from '../sha256.ts';
import { damaged } from './files.ts';
import type { Checkpoint, WeightFile } from './types.ts';

/**
 * One sha256, in hex, that names the weights wherever they lie: of a single file its own, which the hub lists beside
 * it; of shards that of the lines `name sha256\n` in the index's order.
 */
export async function weightsDigest({ weightFiles }: Checkpoint): Promise<string> {
  const limit = pLimit(4);
  const digests = await Promise.all(weightFiles.map(({ path }) => limit(() => fileDigest(path))));
  if (digests.length === 1) return digests[0];
  const lines = weightFiles.map(({ name }: WeightFile, i) => `${name} ${digests[i]}\n`);
  return sha256(lines.join(''));
}

async function fileDigest(path: string): Promise<string> {
  const known = blobDigest(path);
  if (known) return known;
  try {
    return await hashFile(path, createHash('sha256'));
  } catch (error) {
    throw damaged(path, (error as Error).message);
  }
}

/** The hub's cache calls a large file by its sha256. */
function blobDigest(path: string): string | undefined {
  const folder = dirname(path);
  const isBlob = basename(folder) === 'blobs' && basename(dirname(folder)).startsWith('models--');
  return isBlob && /^[0-9a-f]{64}$/.test(basename(path)) ? basename(path) : undefined;
}
