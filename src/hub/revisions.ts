import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { RepositoryCache } from './cache.ts';
import { questioning } from './client.ts';
import { HubUnreachableError } from './errors.ts';
import { explainFailure } from './failure.ts';
import { hubFetch } from './fetch.ts';
import { requestedRepository } from './repository.ts';
import { readHubSettings } from './settings.ts';
import type { SnapshotRequest } from './types.ts';

const Refs = z.object({
  branches: z.array(z.object({ name: z.string() })),
  tags: z.array(z.object({ name: z.string() })).default([]),
});

/**
 * Names of a model's branches and tags; offline, of those that the cache has. Errors as of `downloadSnapshot`.
 * @param repo `owner/name`
 */
export async function listRevisions(
  repo: string,
  { signal, onNotice }: Pick<SnapshotRequest, 'signal' | 'onNotice'> = {},
): Promise<string[]> {
  const repository = requestedRepository({ type: 'model', repo });
  const settings = await readHubSettings();
  if (settings.offline) {
    const folder = join(new RepositoryCache(settings.cacheFolder, repository).folder, 'refs');
    return (await readdir(folder, { recursive: true }).catch(() => [])).map((name) => name.replaceAll('\\', '/'));
  }
  try {
    const questions = { repository, settings, fetch: hubFetch(settings, signal), signal, onNotice };
    const ask = questioning(questions, 1);
    const answer = await (await ask(`${settings.endpoint}/api/models/${repo}/refs`)).json();
    const refs = Refs.safeParse(answer);
    if (!refs.success) throw new HubUnreachableError(`${settings.endpoint} does not answer as the hub does`);
    return [...refs.data.branches, ...refs.data.tags].map(({ name }) => name);
  } catch (error) {
    throw explainFailure(error, repository, settings);
  }
}
