/** Where a model's files are: a folder of this machine, or a repository of the hub. */
import { readdir, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { HonEvalError } from '../errors.ts';
import { downloadSnapshot } from '../hub/download.ts';
import type { SnapshotRequest } from '../hub/types.ts';
import type { CheckpointSource } from './types.ts';

export type OpenOptions = Pick<SnapshotRequest, 'onProgress' | 'onNotice' | 'signal' | 'use'>;

/** Which files are wanted at once: of those that the place has, by their paths in it. */
export type Wanted = Pick<SnapshotRequest, 'select' | 'optional'>;

/** A place whose files are listed, and those that are wanted there. */
export interface OpenPlace {
  source: CheckpointSource;
  /** Where the wanted files are, absolute. */
  folder: string;
  /** What there is, wanted or not: paths from `folder`. */
  files: string[];
  /** Has other files be there as well. */
  fetch(files: readonly string[]): Promise<void>;
}

/**
 * Finds a place by what the user calls it: a folder, or `owner/name` or `owner/name@revision` on the hub, from which the
 * wanted files are downloaded.
 *
 * Errors: `checkpoint` where it is neither; those of `downloadSnapshot`.
 */
export async function openPlace(spec: string, wanted: Wanted, options: OpenOptions): Promise<OpenPlace> {
  const found = await findPlace(spec);
  if (!('path' in found)) return openRepository(spec, found, wanted, options);
  const { path } = found;
  return { source: { kind: 'folder', path }, folder: path, files: await readdir(path), fetch: async () => {} };
}

async function findPlace(spec: string): Promise<{ path: string } | { repo: string; revision: string }> {
  const stats = await stat(spec).catch(() => undefined);
  if (stats?.isDirectory()) return { path: resolve(spec) };
  if (stats) throw new HonEvalError('checkpoint', `The model ${spec} is a file; name the folder that it is in.`);
  const { repo, revision = 'main' } =
    /^(?<repo>[^/@\\.~][^/@\\]*\/[^/@\\]+)(@(?<revision>.+))?$/.exec(spec)?.groups ?? {};
  if (repo) return { repo, revision };
  const alternative = /[/\\]/.test(spec) ? '' : ', and it is not owner/name, as a repository of the hub is called';
  throw new HonEvalError('checkpoint', `There is no folder "${spec}"${alternative}.`);
}

async function openRepository(
  spec: string,
  place: { repo: string; revision: string },
  { select, optional }: Wanted,
  options: OpenOptions,
): Promise<OpenPlace> {
  // A listing may be asked for twice: of the hub, and where that fails of the cache.
  const files = new Set<string>();
  const listed = (path: string) => select(files.add(path) && path);
  const request = { type: 'model', ...place, ...options, select: listed, optional } as const;
  const { folder, commit } = await downloadSnapshot(request).catch((error) => {
    throw mentionFolder(error, spec);
  });
  return {
    source: { kind: 'hub', ...place, commit },
    folder,
    files: [...files],
    async fetch(wanted) {
      // By its commit, for the branch may move in between, and the listing is in the cache by now.
      const select = (path: string) => wanted.includes(path);
      await downloadSnapshot({ type: 'model', ...place, revision: commit, ...options, select });
    },
  };
}

/** What looks like a repository may have been meant as a folder. */
function mentionFolder(error: unknown, name: string): unknown {
  if (!(error instanceof HonEvalError) || !['notFound', 'network'].includes(error.kind)) return error;
  return new HonEvalError(error.kind, `${error.message} Nor is there a folder "${name}".`, { cause: error });
}
