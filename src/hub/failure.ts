import { HonEvalError } from '../errors.ts';
import { HubResponseError, HubUnreachableError } from './errors.ts';
import { describe, pageOf, type Repository } from './repository.ts';
import type { HubSettings } from './settings.ts';

/** What went wrong between here and the hub, for the user; anything that is no failure of the hub is returned as it is. */
export function explainFailure(error: unknown, repository: Repository, settings: HubSettings): unknown {
  if (error instanceof HubUnreachableError) {
    const message = `Cannot download ${describe(repository)}: ${error.message}; check the network and HF_ENDPOINT.`;
    return new HonEvalError('network', message, { cause: error });
  }
  if (error instanceof HubResponseError) return explainResponse(error, repository, settings);
  return error;
}

function explainResponse(error: HubResponseError, repository: Repository, settings: HubSettings): HonEvalError {
  const page = pageOf(repository, settings.endpoint);
  const fail = (kind: 'notFound' | 'accessDenied' | 'network', message: string) =>
    new HonEvalError(kind, message, { cause: error });
  const subject = describe(repository);
  const { status, code, reason } = error;

  if (code === 'GatedRepo') {
    const first = settings.token ? "The token's account has no access to" : 'Without a token the hub does not give out';
    return fail('accessDenied', `${first} ${subject}, which is gated: ask for access at ${page} and set HF_TOKEN.`);
  }
  if (code === 'RevisionNotFound') {
    return fail(
      'notFound',
      `The hub has ${repository.name}, but no branch, tag or commit "${repository.revision}" of it.`,
    );
  }
  if (code === 'EntryNotFound') return fail('notFound', `A file of ${subject} is gone from the hub: ${error.message}`);
  if (status === 401 && (settings.token || /credentials/i.test(reason ?? ''))) {
    return fail('accessDenied', `The hub refuses the token in HF_TOKEN or the token file for ${subject}: replace it.`);
  }
  if (status === 401 || status === 404 || code === 'RepoNotFound') return notFound(error, repository, settings);
  if (status === 403) {
    return fail('accessDenied', `The hub denies access to ${subject}: ask for it at ${page} and set HF_TOKEN.`);
  }
  const { retryAfter } = error;
  const advice = retryAfter
    ? ` and asks to wait ${Math.ceil(retryAfter / 1000)} s; try again then`
    : '; try again later';
  return fail('network', `Cannot download ${subject}: the hub answered ${status}${advice}.`);
}

/** The hub says of a private repository what it says of a missing one; without a token it says 401 of both. */
function notFound(error: HubResponseError, repository: Repository, settings: HubSettings): HonEvalError {
  const remedy = settings.token
    ? 'check the name, and if it is private, that the token may read it'
    : 'check the name, and if it is private, set HF_TOKEN (without a token the hub answers alike for both)';
  const message = `The hub has no ${describe({ ...repository, revision: 'main' }).slice(4)}, or it is private: ${remedy}.`;
  return new HonEvalError('notFound', message, { cause: error });
}
