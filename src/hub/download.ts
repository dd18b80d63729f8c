import { copyFile, mkdir, rename, rm, stat, symlink } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import pLimit from 'p-limit';
import { HonEvalError } from '../errors.ts';
import { downloadBlob } from './blob.ts';
import { type ListedFile, listedFile, RepositoryCache } from './cache.ts';
import { downloadUrl, HubResponseError, hubFetch, listTree, resolveCommit } from './client.ts';
import { explainFailure } from './failure.ts';
import { describe, isCommit, type Repository, requestedRepository } from './repository.ts';
import { type HubSettings, readHubSettings } from './settings.ts';
import type { Snapshot, SnapshotRequest } from './types.ts';

/** How many files are downloaded side by side: as many as Python's huggingface_hub does. */
const parallelDownloads = 8;

/** A request with all that is needed to answer it. */
interface Download {
  request: SnapshotRequest;
  repository: Repository;
  settings: HubSettings;
  cache: RepositoryCache;
  fetch: typeof fetch;
  /** Aborted with the first failure of a file, so that the others stop too. */
  failed: AbortController;
  /** Aborted by `failed` and by the caller. */
  signal: AbortSignal;
}

/**
 * The selected files of a repository, from the hub's standard cache as far as they are there, and from the hub
 * otherwise. Where the hub cannot be asked, a revision that is in the cache with every file that is not optional will
 * do, and `onNotice` is told. A full commit hash needs no network once its listing and files are in the cache.
 *
 * Errors: `notFound`, `accessDenied`, `network` (nor in the cache), `output` (the cache cannot be written),
 * `interrupted`.
 */
export async function downloadSnapshot(request: SnapshotRequest): Promise<Snapshot> {
  const repository = requestedRepository(request);
  const settings = await readHubSettings();
  const cache = new RepositoryCache(settings.cacheFolder, repository);
  const failed = new AbortController();
  const signal = AbortSignal.any([failed.signal, ...(request.signal ? [request.signal] : [])]);
  const download = { request, repository, settings, cache, failed, signal, fetch: hubFetch(settings, signal) };
  try {
    return settings.offline ? await withoutHub(download) : await withHub(download);
  } catch (error) {
    throw describeFailure(error, download);
  }
}

async function withHub(download: Download): Promise<Snapshot> {
  const { repository, cache, request } = download;
  const known = isCommit(repository.revision) ? await cache.readTree(repository.revision) : undefined;
  if (known) return fetchMissing(repository.revision, known, download);
  let listing: { commit: string; files: ListedFile[] };
  try {
    listing = await askHub(download);
  } catch (error) {
    const revisionIsGone = error instanceof HubResponseError && error.code === 'RevisionNotFound';
    if (download.signal.aborted || revisionIsGone) throw error;
    return withCacheInstead(download, explainFailure(error, repository, download.settings));
  }
  await cache.rememberCommit(request.revision ?? 'main', listing.commit).catch(ignoreReadOnly);
  return fetchMissing(listing.commit, listing.files, download);
}

async function askHub({ repository, settings, cache, fetch }: Download) {
  const commit = await resolveCommit(repository, settings, fetch);
  const known = await cache.readTree(commit);
  if (known) return { commit, files: known };
  const tree = await listTree(repository, commit, settings, fetch);
  await cache.writeTree(commit, tree).catch(ignoreReadOnly);
  return { commit, files: [...tree].map(([path, entry]) => listedFile(path, entry)) };
}

async function withCacheInstead(download: Download, failure: unknown): Promise<Snapshot> {
  if (!(failure instanceof HonEvalError)) throw failure;
  const snapshot = await cachedSnapshot(download);
  if (!snapshot || snapshot.missing.length > 0) throw failure;
  const short = snapshot.commit.slice(0, 7);
  download.request.onNotice?.(`${failure.message} Using the copy in the cache (commit ${short}).`);
  return snapshot;
}

async function withoutHub(download: Download): Promise<Snapshot> {
  const { repository, settings } = download;
  const snapshot = await cachedSnapshot(download);
  if (snapshot && snapshot.missing.length === 0) return snapshot;
  const lack = snapshot ? `lacks ${snapshot.missing.join(', ')} of` : 'does not have';
  throw new HonEvalError(
    'network',
    `HF_HUB_OFFLINE is set, and the cache in ${settings.cacheFolder} ${lack} ${describe(repository)}: run once without it.`,
  );
}

interface CachedSnapshot extends Snapshot {
  /** Files that are wanted and known to be in the repository, but not in the cache. */
  missing: string[];
}

/** What the cache has of the request; undefined where that is nothing. */
async function cachedSnapshot({ request, repository, cache }: Download): Promise<CachedSnapshot | undefined> {
  const commit = await cache.commitOf(repository.revision);
  if (!commit) return undefined;
  const present = new Set(await cache.filesOf(commit));
  const tree = await cache.readTree(commit);
  const listed = tree ? tree.map(({ path }) => path) : withSiblings(present);
  const wanted = listed.filter((path) => request.select(path)).sort();
  const files = wanted.filter((path) => present.has(path));
  const missing = wanted.filter((path) => !present.has(path) && !request.optional?.(path));
  if (files.length === 0) return undefined;
  return { folder: cache.snapshotFolder(commit), commit, files, missing };
}

/** Without a listing, the shards' names still tell of shards that are missing: `test-00001-of-00002.parquet`. */
function withSiblings(present: Set<string>): string[] {
  const all = new Set(present);
  for (const file of present) {
    const [, head, index, count, tail] = /^(.*-)(\d{5})-of-(\d{5})(\.[^/]*)$/.exec(file) ?? [];
    if (!index) continue;
    const sibling = (i: number) => `${head}${String(i).padStart(5, '0')}-of-${count}${tail}`;
    // Data sets count from 0, checkpoints from 1.
    const first = present.has(sibling(0)) ? 0 : 1;
    for (let i = first; i < first + Math.min(Number(count), 9999); i++) all.add(sibling(i));
  }
  return [...all];
}

async function fetchMissing(commit: string, listing: ListedFile[], download: Download): Promise<Snapshot> {
  const { request, repository, cache } = download;
  const files = listing.filter(({ path }) => request.select(path)).sort((a, b) => (a.path < b.path ? -1 : 1));
  const sizes = await Promise.all(files.map(({ path }) => cache.sizeOf(commit, path)));
  const missing = files.filter(({ size }, i) => sizes[i] !== size);
  const total = sum(files.map(({ size }) => size));
  let loaded = total - sum(missing.map(({ size }) => size));
  const onBytes = (bytes: number) => {
    loaded += bytes;
    request.onProgress?.({ repo: repository.name, loaded, total });
  };
  const limit = pLimit(parallelDownloads);
  const fetchOne = (file: ListedFile) => limit(() => fetchFile(file, commit, download, onBytes));
  await Promise.all(missing.map((file) => fetchOne(file).catch((error) => download.failed.abort(error))));
  download.signal.throwIfAborted();
  return { folder: cache.snapshotFolder(commit), commit, files: files.map(({ path }) => path) };
}

async function fetchFile(file: ListedFile, commit: string, download: Download, onBytes: (bytes: number) => void) {
  const { cache, repository, settings, fetch, signal } = download;
  signal.throwIfAborted();
  const target = cache.blobPath(file.blob);
  const isNew = (await stat(target).catch(() => undefined))?.size !== file.size;
  if (isNew) {
    const url = downloadUrl(repository, commit, file.path, settings.endpoint);
    await downloadBlob({ file, url, target, fetch, onBytes, signal });
  } else {
    onBytes(file.size);
  }
  await pointTo(target, cache.pathOf(commit, file.path), isNew);
}

/** Makes a snapshot's file a link to its blob, or the blob's content itself where the system has no links for us. */
async function pointTo(blob: string, pointer: string, isNew: boolean): Promise<void> {
  await mkdir(dirname(pointer), { recursive: true });
  await rm(pointer, { force: true });
  try {
    await symlink(relative(dirname(pointer), blob), pointer);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Another process may have made the same link in the meantime.
    if (code === 'EEXIST') return;
    if (code !== 'EPERM' && code !== 'ENOSYS' && code !== 'EINVAL') throw error;
    await (isNew ? rename(blob, pointer) : copyFile(blob, pointer));
  }
}

function describeFailure(error: unknown, { request, repository, settings }: Download): unknown {
  if (error instanceof HonEvalError) return error;
  if (request.signal?.aborted) {
    return new HonEvalError('interrupted', `The download of ${describe(repository)} was stopped.`, { cause: error });
  }
  if (isSystemError(error)) {
    const remedy = 'make room or name another folder in HF_HUB_CACHE';
    return new HonEvalError('output', `Cannot write the hub's cache: ${error.message}; ${remedy}.`, { cause: error });
  }
  return explainFailure(error, repository, settings);
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

/** A cache that may only be read serves all the same; what it cannot remember is asked again. */
function ignoreReadOnly(error: unknown): void {
  if (!isSystemError(error)) throw error;
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
