import { readdir, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HubResponseError, HubUnreachableError } from './errors.ts';
import { hubFetch } from './fetch.ts';
import type { HubSettings } from './settings.ts';

/** What became of the question whether the hub can be used. */
export interface HubAccess {
  endpoint: string;
  /** `offline` where the settings forbid to ask. */
  state: 'reachable' | 'unreachable' | 'offline';
  /** What is wrong with it, where it cannot be reached: the end of a sentence about it. */
  problem?: string;
  /** `unchecked` where the hub could not be asked. */
  token: 'none' | 'accepted' | 'refused' | 'unchecked';
  /** Whose token it is. */
  user?: string;
}

/** How long the hub may take to answer, in milliseconds. */
const answerTimeout = 5000;

/** Asks the hub whose token it gets: any answer shows that it is there. */
export async function hubAccess(settings: HubSettings): Promise<HubAccess> {
  const { endpoint, token, offline } = settings;
  const unchecked = token ? 'unchecked' : 'none';
  if (offline) return { endpoint, state: 'offline', token: unchecked };
  try {
    const user = await whoAmI(settings);
    return { endpoint, state: 'reachable', token: token ? 'accepted' : 'none', user };
  } catch (error) {
    // Whoever refuses is there; mirrors may not know the question.
    if (!(error instanceof HubResponseError) || error.status >= 500)
      return { endpoint, state: 'unreachable', problem: problemOf(error, endpoint), token: unchecked };
    return { endpoint, state: 'reachable', token: token && error.status === 401 ? 'refused' : unchecked };
  }
}

async function whoAmI(settings: HubSettings): Promise<string | undefined> {
  const fetch = hubFetch(settings);
  const signal = AbortSignal.timeout(answerTimeout);
  const response = await fetch(`${settings.endpoint}/api/whoami-v2`, { signal });
  const { name } = (await response.json()) as { name?: unknown };
  return typeof name === 'string' ? name : undefined;
}

function problemOf(error: unknown, endpoint: string): string {
  if (error instanceof HubResponseError) return `answers ${error.status}`;
  if (error instanceof HubUnreachableError) return error.message.replace(`${endpoint} `, '');
  return 'does not answer as the hub does';
}

/** What the hub's standard cache holds. */
export interface CacheUse {
  folder: string;
  models: number;
  datasets: number;
  /** Bytes of all files. */
  size: number;
  /** Bytes that its disk has left; undefined where the system does not say. */
  free?: number;
}

export async function cacheUse(folder: string): Promise<CacheUse> {
  const repositories = await list(folder);
  const count = (kind: string) => repositories.filter((name) => name.startsWith(`${kind}--`)).length;
  const sizes = await Promise.all(repositories.map((name) => sizeOfFiles(join(folder, name, 'blobs'))));
  const size = sizes.reduce((sum, bytes) => sum + bytes, 0);
  return { folder, models: count('models'), datasets: count('datasets'), size, free: await freeBytes(folder) };
}

async function list(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

async function sizeOfFiles(folder: string): Promise<number> {
  const sizes = (await list(folder)).map(async (name) => (await stat(join(folder, name)).catch(() => null))?.size ?? 0);
  return (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0);
}

/** Of the disk that the folder is on, or will be once it is made. */
async function freeBytes(folder: string): Promise<number | undefined> {
  const stats = await statfs(folder).catch(() => undefined);
  if (stats) return stats.bavail * stats.bsize;
  return dirname(folder) === folder ? undefined : freeBytes(dirname(folder));
}
