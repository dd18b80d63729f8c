/** The hashes by which the hub names what files hold. */
import { createHash, type Hash } from 'node:crypto';
import { hashFile } from '../sha256.ts';

export interface HashedContent {
  /** Bytes. */
  size: number;
  /** Name under `blobs/`: the sha256 of a large file, git's object id of a small one. */
  blob: string;
  /** What the content can be checked against; none where the hub's hash is of a kind of its own. */
  hash?: 'sha256' | 'git';
}

/** The hash that a content is checked against, ready for its bytes. */
export function contentHash({ size, hash }: HashedContent): Hash | undefined {
  if (hash === 'sha256') return createHash('sha256');
  if (hash === 'git') return createHash('sha1').update(`blob ${size}\0`);
  return undefined;
}

/** Whether a file holds what its hash says; true where there is none to check it against. */
export async function hasHash(path: string, content: HashedContent): Promise<boolean> {
  const hash = contentHash(content);
  if (!hash) return true;
  return (await hashFile(path, hash)) === content.blob;
}
