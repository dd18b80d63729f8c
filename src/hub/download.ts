import { randomUUID } from 'node:crypto';
import { copyFile, link, mkdir, rename, rm, stat, symlink } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import pLimit from 'p-limit';
import { HonEvalError, isSystemError } from '../errors.ts';
import { downloadBlob } from './blob.ts';
import { type ListedFile, listedFile, RepositoryCache } from './cache.ts';
import { downloadUrl, listTree, resolveCommit } from './client.ts';
import { HubResponseError } from './errors.ts';
import { explainFailure } from './failure.ts';
import { hubFetch } from './fetch.ts';
import { describe, isCommit, type Repository, requestedRepository } from './repository.ts';
import { type HubSettings, readHubSettings } from './settings.ts';
import { RevisionUse } from './temporary.ts';
import type { Snapshot, SnapshotRequest } from './types.ts';

/** How many files are downloaded side by side: as many as Python's huggingface_hub does. */
const parallelDownloads = 8;

/** Until it ends, this process uses what nobody else says to use. */
const ownUse = new RevisionUse();

/** A request with all that is needed to answer it. */
interface Download {
  request: SnapshotRequest;
  repository: Repository;
  settings: HubSettings;
  cache: RepositoryCache;
  use: RevisionUse;
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
  const { use = ownUse } = request;
  const download = { request, repository, settings, cache, use, failed, signal, fetch: hubFetch(settings, signal) };
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

async function askHub(download: Download) {
  const { cache, request } = download;
  const questions = { ...download, onNotice: request.onNotice };
  const commit = await resolveCommit(questions);
  const known = await cache.readTree(commit);
  if (known) return { commit, files: known };
  const tree = await listTree(questions, commit);
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
async function cachedSnapshot({ request, repository, cache, use }: Download): Promise<CachedSnapshot | undefined> {
  const commit = await cache.commitOf(repository.revision);
  if (!commit) return undefined;
  await use.hold(cache, commit);
  const present = new Set(await cache.filesOf(commit));
  const tree = await cache.readTree(commit);
  for (const file of tree ?? [])
    if (request.select(file.path) && (await cache.stateOf(commit, file)) === 'damaged') present.delete(file.path);
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
  const { request, repository, cache, use, signal } = download;
  await use.hold(cache, commit);
  const files = listing.filter(({ path }) => request.select(path)).sort((a, b) => (a.path < b.path ? -1 : 1));
  const states = await Promise.all(files.map((file) => cache.stateOf(commit, file)));
  const missing = files.filter((_, i) => states[i] !== 'present');
  // What a blob's name says it holds is believed from here on.
  const damaged = files.filter((_, i) => states[i] === 'damaged');
  for (const { path, blob } of damaged) {
    request.onNotice?.(`The cache's copy of ${path} of ${repository.name} is damaged: it is downloaded again.`);
    await rm(cache.blobPath(blob), { force: true });
  }
  const total = sum(files.map(({ size }) => size));
  await use.makeRoom(cache, commit, missing, { signal, onNotice: request.onNotice });
  let loaded = total - sum(missing.map(({ size }) => size));
  const onBytes = (bytes: number) => {
    loaded += bytes;
    request.onProgress?.({ repo: repository.name, loaded, total });
  };
  const limit = pLimit(parallelDownloads);
  const fetchOne = (file: ListedFile) => limit(() => fetchFile(file, commit, download, onBytes));
  await Promise.all(missing.map((file) => fetchOne(file).catch((error) => download.failed.abort(error))));
  signal.throwIfAborted();
  return { folder: cache.snapshotFolder(commit), commit, files: files.map(({ path }) => path) };
}

async function fetchFile(
  file: ListedFile,
  commit: string,
  download: Download,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const { cache, repository, settings, fetch, signal } = download;
  signal.throwIfAborted();
  const target = cache.blobPath(file.blob);
  const isNew = (await stat(target).catch(() => undefined))?.size !== file.size;
  if (isNew) {
    const url = downloadUrl(repository, commit, file.path, settings.endpoint);
    await downloadBlob({ file, url, target, fetch, onBytes, onNotice: download.request.onNotice, signal });
  } else {
    onBytes(file.size);
  }
  await pointTo(target, cache.pathOf(commit, file.path));
  if (isNew || (await cache.sizeOf(commit, file.path)) !== undefined) return;
  // Another process has just removed the last revision that had it.
  onBytes(-file.size);
  await fetchFile(file, commit, download, onBytes);
}

/**
 * Makes a snapshot's file a link to its blob, or where the system has no symbolic links for us another name of it. It
 * appears at once, and never goes away: another process may be reading what an earlier one made.
 */
async function pointTo(blob: string, pointer: string): Promise<void> {
  await mkdir(dirname(pointer), { recursive: true });
  const partial = `${blob}.${randomUUID().slice(0, 8)}.link`;
  try {
    await symlink(relative(dirname(pointer), blob), partial).catch((error) => {
      if (!['EPERM', 'ENOSYS', 'EINVAL'].includes(error.code)) throw error;
      return link(blob, partial).catch(() => copyFile(blob, partial));
    });
    await rename(partial, pointer);
  } finally {
    await rm(partial, { force: true });
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

/** A cache that may only be read serves all the same; what it cannot remember is asked again. */
function ignoreReadOnly(error: unknown): void {
  if (!isSystemError(error)) throw error;
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
