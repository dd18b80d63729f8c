import { HonEvalError } from '../errors.ts';

/** A revision of a repository on the hub, checked: its parts are safe in a URL and in a path. */
export interface Repository {
  type: 'model' | 'dataset';
  /** `owner/name` */
  name: string;
  /** Branch, tag or commit. */
  revision: string;
}

/** Whether a revision is a full commit hash, and so can never mean anything else. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}

/** Throws a `usage` error where the repository's or the revision's name is none. */
export function requestedRepository(request: {
  type: Repository['type'];
  repo: string;
  revision?: string;
}): Repository {
  const { type, repo: name, revision = 'main' } = request;
  // The first part may be missing: the hub still redirects the names of before owners, such as `piqa`.
  if (!/^([\w-][\w.-]*\/)?[\w-][\w.-]*$/.test(name) || name.includes('--') || name.includes('..')) {
    throw new HonEvalError('usage', `"${name}" is not the name of a repository on the hub: that is owner/name.`);
  }
  if (/[\p{Cc}\s~^:?*[\\]/u.test(revision) || !isPlainPath(revision)) {
    throw new HonEvalError('usage', `"${revision}" is not the name of a branch, a tag or a commit of ${name}.`);
  }
  return { type, name, revision };
}

/** The repository's page for people. */
export function pageOf(repository: Repository, endpoint: string): string {
  return `${endpoint}/${repository.type === 'dataset' ? 'datasets/' : ''}${repository.name}`;
}

/** How a message calls the repository: `the model owner/name`, with its revision where that is not the default. */
export function describe({ type, name, revision }: Repository): string {
  const at = revision === 'main' ? '' : ` at revision ${revision}`;
  return `the ${type === 'dataset' ? 'data set' : 'model'} ${name}${at}`;
}

/** Whether a path from the hub stays below the folder that it is joined to, on every operating system. */
export function isPlainPath(path: string): boolean {
  return path.split(/[/\\]/).every((part) => part !== '' && part !== '.' && part !== '..') && !/[\\:\0]/.test(path);
}
