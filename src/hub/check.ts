import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type HashedContent, hasHash } from './hash.ts';

/** What became of looking through a cache. */
export interface CacheCheck {
  /** Files that were read. */
  files: number;
  /** Their bytes. */
  size: number;
  /** Paths of those whose content is not what their names say. */
  damaged: string[];
}

/** Reads every file of the hub's cache whose name is the hash of what it holds. `onFile` is told before each. */
export async function checkCache(folder: string, onFile?: (path: string) => void): Promise<CacheCheck> {
  const check: CacheCheck = { files: 0, size: 0, damaged: [] };
  const repositories = await readdir(folder).catch(() => []);
  for (const repository of repositories.filter((name) => /^(models|datasets)--/.test(name)).sort()) {
    const blobs = join(folder, repository, 'blobs');
    const others = await otherHashes(join(folder, repository, 'trees'));
    for (const blob of (await readdir(blobs).catch(() => [])).sort()) {
      const hash = hashOf(blob);
      const path = join(blobs, blob);
      const stats = await stat(path).catch(() => undefined);
      if (!hash || others.has(blob) || !stats?.isFile()) continue;
      onFile?.(path);
      check.files++;
      check.size += stats.size;
      if (!(await hasHash(path, { blob, hash, size: stats.size }))) check.damaged.push(path);
    }
  }
  return check;
}

/** Hashes of the hub's own kind, which look like SHA-256 and are none, as listings have them. */
async function otherHashes(trees: string): Promise<Set<string>> {
  const found = new Set<string>();
  for (const name of await readdir(trees).catch(() => [])) {
    const listing = await readFile(join(trees, name), 'utf8').catch(() => '');
    for (const [, hash] of listing.matchAll(/"xet_hash": ?"([0-9a-f]{64})"/g)) found.add(hash);
  }
  return found;
}

/** Git's ids and SHA-256 are told apart by their length. */
function hashOf(blob: string): HashedContent['hash'] {
  if (/^[0-9a-f]{40}$/.test(blob)) return 'git';
  return /^[0-9a-f]{64}$/.test(blob) ? 'sha256' : undefined;
}
