import { randomUUID } from 'node:crypto';
import { lstat, lutimes, mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { getRepoFolderName } from '@huggingface/hub';
import { z } from 'zod';
import { parseJson } from '../json.ts';
import { type HashedContent, hasHash } from './hash.ts';
import { isCommit, type Repository } from './repository.ts';

/** A file of a commit, as the hub lists it. */
export interface ListedFile extends HashedContent {
  path: string;
}

/**
 * One repository in the hub's cache: `blobs/` by content, `snapshots/<commit>/` with links into it, `refs/` from
 * branches and tags to commits, and `trees/<commit>.json`, the listing of a commit, in the format of Python's
 * huggingface_hub 1.x. All that is written appears under its name at once, whole.
 */
export class RepositoryCache {
  readonly folder: string;

  constructor(cacheFolder: string, repository: Repository) {
    this.folder = join(cacheFolder, getRepoFolderName({ type: repository.type, name: repository.name }));
  }

  snapshotFolder(commit: string): string {
    return join(this.folder, 'snapshots', commit);
  }

  pathOf(commit: string, file: string): string {
    return join(this.snapshotFolder(commit), ...file.split('/'));
  }

  blobPath(blob: string): string {
    return join(this.folder, 'blobs', blob);
  }

  /** The commit that a branch or a tag meant when it was last asked for. */
  async commitOf(revision: string): Promise<string | undefined> {
    if (isCommit(revision)) return revision;
    const text = await readFile(join(this.folder, 'refs', revision), 'utf8').catch(() => '');
    return isCommit(text.trim()) ? text.trim() : undefined;
  }

  async rememberCommit(revision: string, commit: string): Promise<void> {
    if (revision === commit || (await this.commitOf(revision)) === commit) return;
    await replaceFile(join(this.folder, 'refs', revision), commit);
  }

  /** Bytes of a file of a snapshot; undefined where there is none, or where its link leads nowhere. */
  async sizeOf(commit: string, file: string): Promise<number | undefined> {
    const stats = await stat(this.pathOf(commit, file)).catch(() => undefined);
    return stats?.isFile() ? stats.size : undefined;
  }

  /** Paths of the files of a snapshot that are there, sorted by code unit. */
  async filesOf(commit: string): Promise<string[]> {
    const folder = this.snapshotFolder(commit);
    const names = await readdir(folder, { recursive: true }).catch(() => []);
    const paths = names.map((name) => name.replaceAll('\\', '/'));
    const sizes = await Promise.all(paths.map((path) => this.sizeOf(commit, path)));
    return paths.filter((_, i) => sizes[i] !== undefined).sort();
  }

  /**
   * Whether a file of a snapshot has the content that the hub lists. Its size is looked at, and its hash where it was
   * changed after the link to it was made: nothing that this or Python's huggingface_hub does changes it later.
   */
  async stateOf(commit: string, file: ListedFile): Promise<'missing' | 'damaged' | 'present'> {
    const path = this.pathOf(commit, file.path);
    const [content, link] = await Promise.all([stat(path), lstat(path)]).catch(() => []);
    if (!content?.isFile()) return 'missing';
    if (content.size !== file.size) return 'damaged';
    const isLater = link?.isSymbolicLink() && content.mtimeMs > link.mtimeMs + clockTolerance;
    if (!isLater) return 'present';
    if (!(await hasHash(path, file))) return 'damaged';
    await lutimes(path, new Date(), new Date()).catch(() => {});
    return 'present';
  }

  /** What a commit consists of, where that was listed before. */
  async readTree(commit: string): Promise<ListedFile[] | undefined> {
    const text = await readFile(this.treePath(commit), 'utf8').catch(() => undefined);
    const tree = text === undefined ? undefined : TreeFile.safeParse(parseJson(text)).data;
    // Of nothing, where an earlier version remembered an answer that was none.
    if (tree && Object.keys(tree.files).length === 0) return undefined;
    return tree && Object.entries(tree.files).map(([path, entry]) => listedFile(path, entry));
  }

  async writeTree(commit: string, entries: Map<string, TreeEntry>): Promise<void> {
    const files = Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
    await replaceFile(this.treePath(commit), JSON.stringify({ format_version: 1, files }, null, 1));
  }

  private treePath(commit: string): string {
    return join(this.folder, 'trees', `${commit}.json`);
  }
}

/** Milliseconds by which a file may seem younger than the link that is made after it: some disks keep even seconds only. */
const clockTolerance = 2_000;

const hash = z.string().regex(/^[0-9a-f]{40,64}$/);

/** A file in `trees/<commit>.json`; the field names are huggingface_hub's. */
export const TreeEntry = z.object({
  size: z.int().nonnegative(),
  blob_id: hash,
  lfs_sha256: hash.optional(),
  lfs_size: z.int().nonnegative().optional(),
  xet_hash: hash.optional(),
});
export type TreeEntry = z.infer<typeof TreeEntry>;

const TreeFile = z.object({ format_version: z.literal(1), files: z.record(z.string(), TreeEntry) });

export function listedFile(path: string, entry: TreeEntry): ListedFile {
  const { lfs_sha256: sha256, xet_hash: xet } = entry;
  if (sha256) return { path, size: entry.lfs_size ?? entry.size, blob: sha256, hash: 'sha256' };
  return { path, size: entry.size, blob: xet ?? entry.blob_id, hash: xet ? undefined : 'git' };
}

async function replaceFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const partial = `${path}.${randomUUID().slice(0, 8)}.tmp`;
  await writeFile(partial, text);
  await rename(partial, path);
}
