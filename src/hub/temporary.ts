/**
 * Revisions that the cache has for a while: a long training run is more than a disk may hold. Other programs share the
 * cache, so that only what was downloaded for a while is ever removed. Each such revision has a folder
 * `hon-eval/<commit>` in its repository's, whose time says when it was used last; a process that uses it holds a lock there.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, readlink, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { HonEvalError, isSystemError } from '../errors.ts';
import { parseJson } from '../json.ts';
import { Lock } from '../lock.ts';
import type { ListedFile, RepositoryCache } from './cache.ts';
import { isCommit } from './repository.ts';

/** What is on its way out is called so, until nobody can be using it. */
const leaving = '.leaving';

/** Bytes of files that are being downloaded, by their blobs' names. */
const Coming = z.record(z.string(), z.number());

/** Milliseconds between two looks whether there is room. */
const patience = 200;

let locks = 0;

/** Revisions that somebody is using. */
export class RevisionUse {
  readonly #budget?: number;
  readonly #locks: Lock[] = [];

  /** @param budget Bytes that all revisions may take that are there for a while; what is downloaded stays if left out. */
  constructor(budget?: number) {
    this.#budget = budget;
  }

  /** Keeps a revision where it is until `release`. With a budget, one that the cache has nothing of is there for a while. */
  async hold(cache: RepositoryCache, commit: string): Promise<void> {
    const mark = markOf(cache.folder, commit);
    for (;;) {
      if (existsSync(mark + leaving)) await remove(cache.folder, commit);
      if (this.#budget !== undefined && (await cache.filesOf(commit)).length === 0)
        await mkdir(mark, { recursive: true });
      try {
        const name = `${hostname()}-${process.pid}-${locks++}.lock`;
        this.#locks.push(await Lock.acquire(join(mark, name), `The revision ${commit}`));
        return;
      } catch (error) {
        // A cache that may only be read serves all the same.
        if (!isSystemError(error)) throw error;
        // One that stays has no such folder.
        if (!existsSync(mark + leaving)) return;
      }
    }
  }

  /**
   * Removes what was not used for the longest time until there is room for files of a revision that is there for a while,
   * and waits for revisions that are being used. Throws a `usage` error where that could not end.
   */
  async makeRoom(
    cache: RepositoryCache,
    commit: string,
    files: readonly ListedFile[],
    { signal, onNotice }: { signal?: AbortSignal; onNotice?(message: string): void },
  ): Promise<void> {
    const budget = this.#budget;
    const mark = markOf(cache.folder, commit);
    if (budget === undefined || !existsSync(mark)) return;
    const coming = Object.fromEntries(files.map(({ blob, size }) => [blob, size]));
    await writeFile(join(mark, 'coming.json'), JSON.stringify(coming));
    try {
      for (let waits = false; ; ) {
        const revisions = await temporaryRevisions(dirname(cache.folder));
        if (sizeOfAll(revisions) <= budget) return;
        const [oldest] = revisions.filter(({ isUsed }) => !isUsed).toSorted((a, b) => a.usedAt - b.usedAt);
        if (oldest) {
          await remove(oldest.repository, oldest.commit);
          continue;
        }
        if (revisions.every((each) => each.mark === mark || each.waits)) throw tooLittle(sizeOfAll(revisions), budget);
        if (!waits) onNotice?.(`Waiting until there is room on disk (--disk) for ${commit.slice(0, 7)}.`);
        waits = true;
        await writeFile(join(mark, 'waits'), '');
        await setTimeout(patience, undefined, { signal });
      }
    } finally {
      await rm(join(mark, 'waits'), { force: true });
    }
  }

  release(): void {
    for (const lock of this.#locks.splice(0)) lock.release();
  }
}

function tooLittle(needed: number, budget: number): HonEvalError {
  const megabytes = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`;
  return new HonEvalError(
    'usage',
    `Expected --disk to be at least ${megabytes(needed)}, which the revisions take that are used at the same time, got ` +
      `${megabytes(budget)}.`,
  );
}

interface TemporaryRevision {
  /** Its repository's folder. */
  repository: string;
  commit: string;
  mark: string;
  /** Bytes by their paths of its files, those that are coming included. */
  files: Map<string, number>;
  usedAt: number;
  isUsed: boolean;
  /** Whether whoever uses it waits for room. */
  waits: boolean;
}

function markOf(repository: string, commit: string): string {
  return join(repository, 'hon-eval', commit);
}

async function temporaryRevisions(cacheFolder: string): Promise<TemporaryRevision[]> {
  const found: TemporaryRevision[] = [];
  for (const name of await namesIn(cacheFolder)) {
    const repository = join(cacheFolder, name);
    for (const commit of (await namesIn(join(repository, 'hon-eval'))).filter(isCommit)) {
      const mark = markOf(repository, commit);
      const usedAt = (await stat(mark).catch(() => undefined))?.mtimeMs;
      // Another process has removed it.
      if (usedAt === undefined) continue;
      const coming = Coming.safeParse(parseJson(await readFile(join(mark, 'coming.json'), 'utf8').catch(() => '')));
      const files = await filesOf(repository, commit);
      for (const [blob, size] of Object.entries(coming.data ?? {})) files.set(join(repository, 'blobs', blob), size);
      const waits = existsSync(join(mark, 'waits'));
      found.push({ repository, commit, mark, files, usedAt, isUsed: await isUsed(mark), waits });
    }
  }
  return found;
}

async function isUsed(mark: string): Promise<boolean> {
  return (await namesIn(mark)).some((name) => name.endsWith('.lock') && Lock.isHeld(join(mark, name)));
}

/** Bytes of all revisions, where what several have counts once. */
function sizeOfAll(revisions: readonly TemporaryRevision[]): number {
  const files = new Map(revisions.flatMap((revision) => [...revision.files]));
  return [...files.values()].reduce((sum, size) => sum + size, 0);
}

/** Removes a revision, unless it is being used, with what no other one of its repository has. */
async function remove(repository: string, commit: string): Promise<void> {
  const mark = markOf(repository, commit);
  const lock = await Lock.acquire(join(dirname(mark), 'removing.lock'), repository, true);
  try {
    // Whoever comes to use it from here on does not find its mark, and waits for the lock.
    if (!existsSync(mark + leaving)) await rename(mark, mark + leaving).catch(ignoreMissing);
    if (!existsSync(mark + leaving)) return;
    if (await isUsed(mark + leaving)) return await rename(mark + leaving, mark);
    await removeSnapshot(repository, commit);
    await rm(mark + leaving, { recursive: true, force: true });
  } finally {
    lock.release();
  }
}

async function removeSnapshot(repository: string, commit: string): Promise<void> {
  const own = await filesOf(repository, commit);
  const others = await namedFiles(repository, commit);
  const blobs = join(repository, 'blobs');
  for (const file of own.keys())
    if (dirname(file) === blobs && !others.has(file)) await rename(file, file + leaving).catch(ignoreMissing);
  await rm(join(repository, 'snapshots', commit), { recursive: true, force: true });
  for (const ref of await namesIn(join(repository, 'refs'), true)) {
    const file = join(repository, 'refs', ref);
    if ((await readFile(file, 'utf8').catch(() => '')).trim() === commit) await rm(file, { force: true });
  }
  // Another download may have found one of them, and named it, before it was on its way out.
  const named = await namedFiles(repository, commit);
  for (const name of (await namesIn(blobs)).filter((name) => name.endsWith(leaving))) {
    const file = join(blobs, name.slice(0, -leaving.length));
    if (named.has(file) && !existsSync(file)) await rename(file + leaving, file);
    else await rm(file + leaving, { force: true });
  }
}

/** What all revisions of a repository but one name. */
async function namedFiles(repository: string, without: string): Promise<Set<string>> {
  const commits = (await namesIn(join(repository, 'snapshots'))).filter((commit) => commit !== without);
  return new Set((await Promise.all(commits.map((commit) => pathsOf(repository, commit)))).flat());
}

/** Bytes by their paths of the files of a revision that are there. */
async function filesOf(repository: string, commit: string): Promise<Map<string, number>> {
  const files = new Map<string, number>();
  for (const path of await pathsOf(repository, commit)) {
    const stats = await stat(path).catch(() => undefined);
    if (stats?.isFile()) files.set(path, stats.size);
  }
  return files;
}

/** Where the links of a revision lead to, and what of it is none. */
async function pathsOf(repository: string, commit: string): Promise<string[]> {
  const folder = join(repository, 'snapshots', commit);
  const pointers = (await namesIn(folder, true)).map((name) => join(folder, name));
  const targets = pointers.map(async (pointer) => {
    const target = await readlink(pointer).catch(() => undefined);
    return target === undefined ? pointer : resolve(dirname(pointer), target);
  });
  return Promise.all(targets);
}

/** Of what is in a folder, and in those below it where asked for. */
function namesIn(folder: string, recursive = false): Promise<string[]> {
  return readdir(folder, { recursive }).catch(() => []);
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
