import { datasetInfo, listFiles, modelInfo } from '@huggingface/hub';
import { z } from 'zod';
import { TreeEntry } from './cache.ts';
import { isCommit, isPlainPath, pageOf, type Repository } from './repository.ts';
import type { HubSettings } from './settings.ts';

/** An answer of the hub that is not a success. */
export class HubResponseError extends Error {
  readonly status: number;
  /** What the hub says is wrong: `RepoNotFound`, `RevisionNotFound`, `EntryNotFound`, `GatedRepo` … */
  readonly code: string | undefined;
  /** The hub's own words. */
  readonly reason: string | undefined;

  constructor(response: Response) {
    super(`The hub answered ${response.status} for ${response.url}.`);
    this.status = response.status;
    this.code = response.headers.get('x-error-code') ?? undefined;
    this.reason = response.headers.get('x-error-message') ?? undefined;
  }
}

/** The hub cannot be reached, or what answers is not the hub. */
export class HubUnreachableError extends Error {}

/** What came is not what was asked for. */
export class WrongContentError extends HubUnreachableError {}

type Fetch = typeof fetch;

/** How long the hub may take for an answer about a repository, in milliseconds. */
const answerTimeout = 30_000;

/**
 * `fetch` as the hub needs it: with the token, and only for the hub itself, not for the storage that it redirects to;
 * and with failures as `HubResponseError` and `HubUnreachableError`. The hub's library would refuse tokens that do not
 * begin with `hf_`, and forget the code that tells a gated repository from a missing one.
 */
export function hubFetch(settings: HubSettings, signal?: AbortSignal): Fetch {
  const origin = originOf(settings.endpoint);
  return async (input, init) => {
    const headers = new Headers(init?.headers);
    const toHub = new URL(input instanceof Request ? input.url : input).origin === origin;
    if (settings.token && toHub) headers.set('authorization', `Bearer ${settings.token}`);
    const signals = [signal, init?.signal].filter((given) => given instanceof AbortSignal);
    const response = await fetch(input, { ...init, headers, signal: AbortSignal.any(signals) }).catch((error) => {
      signal?.throwIfAborted();
      throw new HubUnreachableError(`${settings.endpoint} cannot be reached (${causeOf(error)})`, { cause: error });
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new HubResponseError(response);
    }
    return response;
  };
}

/** The commit that the repository's revision means now. */
export async function resolveCommit(repository: Repository, settings: HubSettings, fetch: Fetch): Promise<string> {
  if (isCommit(repository.revision)) return repository.revision;
  const { name, revision } = repository;
  const question = { name, revision, hubUrl: settings.endpoint, fetch: withTimeout(fetch) };
  const answer =
    repository.type === 'dataset'
      ? datasetInfo({ ...question, additionalFields: ['sha'] })
      : modelInfo({ ...question, additionalFields: ['sha'] });
  const { sha } = await asHub<{ sha?: string }>(settings, answer);
  if (!sha || !isCommit(sha)) throw new HubUnreachableError(`${settings.endpoint} did not name a commit of ${name}`);
  return sha;
}

/** All files of a commit by their path, folders left out. */
export async function listTree(
  repository: Repository,
  commit: string,
  settings: HubSettings,
  fetch: Fetch,
): Promise<Map<string, TreeEntry>> {
  const tree = new Map<string, TreeEntry>();
  const repo = { type: repository.type, name: repository.name };
  const listing = listFiles({
    repo,
    revision: commit,
    recursive: true,
    hubUrl: settings.endpoint,
    fetch: withTimeout(fetch),
  });
  await asHub(settings, collect(listing, tree));
  return tree;
}

const ListedEntry = z.object({
  path: z.string().refine(isPlainPath),
  size: z.number(),
  oid: z.string(),
  lfs: z.object({ oid: z.string(), size: z.number() }).optional(),
  xetHash: z.string().optional(),
});

async function collect(listing: AsyncIterable<{ type: string }>, tree: Map<string, TreeEntry>): Promise<void> {
  for await (const item of listing) {
    if (item.type !== 'file') continue;
    const { path, size, oid, lfs, xetHash } = ListedEntry.parse(item);
    const entry = { size, blob_id: oid, lfs_sha256: lfs?.oid, lfs_size: lfs?.size, xet_hash: xetHash };
    tree.set(path, TreeEntry.parse(entry));
  }
}

/** Where the bytes of a file are served, over plain HTTP and with ranges whatever storage the hub keeps them in. */
export function downloadUrl(repository: Repository, commit: string, path: string, endpoint: string): string {
  const name = path.split('/').map(encodeURIComponent).join('/');
  return `${pageOf(repository, endpoint)}/resolve/${commit}/${name}`;
}

function withTimeout(fetch: Fetch): Fetch {
  return (input, init) => fetch(input, { ...init, signal: AbortSignal.timeout(answerTimeout) });
}

/** Turns what the library throws over an answer that no hub gives (a proxy's page, another service) into a failure. */
async function asHub<T>(settings: HubSettings, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError || error instanceof TypeError) {
      throw new HubUnreachableError(`${settings.endpoint} does not answer as the hub does`, { cause: error });
    }
    throw error;
  }
}

function originOf(endpoint: string): string | undefined {
  return URL.canParse(endpoint) ? new URL(endpoint).origin : undefined;
}

/** `fetch` throws a bare "fetch failed"; the reason is the error below it. */
function causeOf(error: unknown): string {
  const { cause, message } = error as Error & { cause?: { code?: string; message?: string } };
  return cause?.code || cause?.message || message;
}
