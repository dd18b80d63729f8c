import { datasetInfo, listFiles, modelInfo } from '@huggingface/hub';
import { z } from 'zod';
import { TreeEntry } from './cache.ts';
import { HubAbsentError, HubUnreachableError, isTransient } from './errors.ts';
import { type Fetch, readBody } from './fetch.ts';
import { limits } from './limits.ts';
import { isCommit, isPlainPath, pageOf, type Repository } from './repository.ts';
import { withRetries } from './retry.ts';
import type { HubSettings } from './settings.ts';

/** Asks the hub about one repository, with patience and within bounds. */
export interface Questions {
  repository: Repository;
  settings: HubSettings;
  fetch: Fetch;
  signal?: AbortSignal;
  onNotice?(message: string): void;
}

/** The commit that the repository's revision means now. */
export async function resolveCommit(questions: Questions): Promise<string> {
  const { repository, settings } = questions;
  if (isCommit(repository.revision)) return repository.revision;
  const { name, revision } = repository;
  const question = { name, revision, hubUrl: settings.endpoint, fetch: questioning(questions, 1) };
  const answer =
    repository.type === 'dataset'
      ? datasetInfo({ ...question, additionalFields: ['sha'] })
      : modelInfo({ ...question, additionalFields: ['sha'] });
  const { sha } = await asHub<{ sha?: string }>(settings, answer);
  if (!sha || !isCommit(sha)) throw new HubUnreachableError(`${settings.endpoint} did not name a commit of ${name}`);
  return sha;
}

/** All files of a commit by their path, folders left out. There is one at least. */
export async function listTree(questions: Questions, commit: string): Promise<Map<string, TreeEntry>> {
  const { repository, settings } = questions;
  const tree = new Map<string, TreeEntry>();
  const repo = { type: repository.type, name: repository.name };
  const listing = listFiles({
    repo,
    revision: commit,
    recursive: true,
    hubUrl: settings.endpoint,
    fetch: questioning(questions, limits.listingPages),
  });
  await asHub(settings, collect(listing, tree));
  // A commit without a file is a fault on the way, and would be remembered as what the commit is.
  if (tree.size === 0) throw new HubUnreachableError(`${settings.endpoint} lists no file of ${repository.name}`);
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

/** `fetch` for answers of a bounded length, on a bounded number of pages. */
export function questioning({ fetch, settings, signal, onNotice }: Questions, mostPages: number): Fetch {
  let pages = 0;
  const mayPass = (error: unknown) => isTransient(error) && !(error instanceof HubAbsentError);
  return (input, init) => {
    if (++pages > mostPages) throw new HubUnreachableError(`${settings.endpoint} lists files without an end`);
    return withRetries(
      async () => {
        const response = await fetch(input, init);
        const body = await readBody(response, limits.answerBytes, signal);
        const link = response.headers.get('link');
        return new Response(body, { status: response.status, headers: link === null ? {} : { link } });
      },
      { signal, mayPass, onNotice },
    );
  };
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
