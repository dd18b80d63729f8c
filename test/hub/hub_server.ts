import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { commitOf, type HubContent, type StoredFile, storeFiles, treeEntries } from './hub_storage.ts';

export interface HubRepository {
  /** Content by branch or tag: a folder, or files by their path. Replace it to push a commit. */
  revisions: Record<string, HubContent>;
  /** Listed for everyone, downloaded only with one of the server's tokens. */
  gated?: boolean;
  /** Seen only with one of the server's tokens. */
  private?: boolean;
}

export interface HubOptions {
  /** Keys are `models/owner/name` and `datasets/owner/name`. */
  repositories: Record<string, HubRepository>;
  /** Tokens that open gated and private repositories. */
  tokens?: string[];
  /** Entries a page of a listing. */
  pageSize?: number;
}

/** What the server was asked. */
export interface HubRequest {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
}

/** What the server does instead of answering, or, `afterBytes`, in the middle of it; undefined to answer. */
export type HubFault = 'disconnect' | 'hang' | Reply | { afterBytes: number; thenStall?: boolean } | undefined;

export interface Reply {
  status: number;
  headers?: Record<string, string | number>;
  body?: Uint8Array | string;
}

/**
 * A hub on this machine that speaks as much of huggingface.co's protocol as downloads need: commits, paged listings,
 * small files by git's object id, large ones by sha256 behind a redirect to another origin, ranges, tokens, failures.
 */
export class HubServer {
  readonly requests: HubRequest[] = [];
  readonly options: HubOptions;
  /** Decides on a request before it is answered. */
  fault: (request: HubRequest) => HubFault = () => undefined;
  private readonly http = createServer((request, response) => this.serve(request, response));
  private readonly stored = new Map<HubContent, Map<string, StoredFile>>();

  constructor(options: HubOptions) {
    this.options = options;
  }

  /** For HF_ENDPOINT. */
  get url(): string {
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`;
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.http.listen(0, '127.0.0.1', resolve));
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.http.close(() => resolve()).closeAllConnections());
  }

  /** The commit that a revision means. */
  commit(repository: string, revision = 'main'): string {
    return commitOf(this.filesOf(this.options.repositories[repository].revisions[revision]));
  }

  private serve(incoming: IncomingMessage, response: ServerResponse): void {
    const request = { method: incoming.method ?? 'GET', path: incoming.url ?? '/', headers: incoming.headers };
    this.requests.push(request);
    const fault = this.fault(request);
    if (fault === 'disconnect') response.destroy();
    else if (fault === 'hang') response.writeHead(200).write(' ');
    else if (fault && 'status' in fault) send(fault, request, response);
    else send(this.answer(request), request, response, fault);
  }

  private answer(request: HubRequest): Reply {
    const url = new URL(request.path, this.url);
    const path = decodeURIComponent(url.pathname);
    const api = /^\/api\/((?:models|datasets)\/[^/]+\/[^/]+)\/(revision|tree)\/(.+)$/.exec(path);
    const resolve = /^\/(datasets\/)?([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(path);
    const storage = /^\/storage\/([0-9a-f]{64})$/.exec(path);
    if (storage) return this.storedContent(storage[1]);
    const refs = /^\/api\/(models\/[^/]+\/[^/]+)\/refs$/.exec(path);
    if (refs) return this.refs(refs[1], request);
    if (!api && !resolve) return refusal(404, 'NotFound', 'Not found');
    const name = api ? api[1] : `${resolve![1] ?? 'models/'}${resolve![2]}`;
    const files = this.lookUp(name, api ? api[3] : resolve![3], request);
    if ('status' in files) return files;
    if (resolve) return this.file(name, files, resolve[4], request);
    return api![2] === 'tree' ? this.tree(files, url) : this.information(name, files);
  }

  private lookUp(name: string, revision: string, request: HubRequest): Map<string, StoredFile> | Reply {
    const repository = this.options.repositories[name];
    if (!repository || (repository.private && !this.admits(request))) {
      return refusal(request.headers.authorization ? 404 : 401, 'RepoNotFound', 'Repository not found');
    }
    for (const [branch, content] of Object.entries(repository.revisions)) {
      const files = this.filesOf(content);
      if (branch === revision || commitOf(files) === revision) return files;
    }
    return refusal(404, 'RevisionNotFound', `Invalid rev id: ${revision}`);
  }

  private refs(name: string, request: HubRequest): Reply {
    const repository = this.options.repositories[name];
    if (!repository || (repository.private && !this.admits(request)))
      return refusal(request.headers.authorization ? 404 : 401, 'RepoNotFound', 'Repository not found');
    const branches = Object.keys(repository.revisions).map((branch) => ({
      name: branch,
      ref: `refs/heads/${branch}`,
      targetCommit: this.commit(name, branch),
    }));
    return json({ branches, converts: [], tags: [] });
  }

  private information(name: string, files: Map<string, StoredFile>): Reply {
    const { private: isPrivate = false, gated } = this.options.repositories[name];
    const siblings = [...files.keys()].map((rfilename) => ({ rfilename }));
    const [, ...id] = name.split('/');
    const sha = commitOf(files);
    const lastModified = '2024-01-01T00:00:00.000Z';
    const gate = gated ? 'manual' : false;
    return json({
      _id: '0'.repeat(24),
      id: id.join('/'),
      sha,
      private: isPrivate,
      gated: gate,
      lastModified,
      siblings,
    });
  }

  private tree(files: Map<string, StoredFile>, url: URL): Reply {
    const entries = treeEntries(files);
    const start = Number(url.searchParams.get('cursor') ?? 0);
    const end = start + (this.options.pageSize ?? 1000);
    url.searchParams.set('cursor', String(end));
    return json(entries.slice(start, end), end < entries.length ? { link: `<${url}>; rel="next"` } : {});
  }

  private file(name: string, files: Map<string, StoredFile>, path: string, request: HubRequest): Reply {
    if (this.options.repositories[name].gated && !this.admits(request)) {
      const status = request.headers.authorization ? 403 : 401;
      return refusal(status, 'GatedRepo', 'Access to this repository is restricted.');
    }
    const file = files.get(path);
    if (!file) return refusal(404, 'EntryNotFound', 'Entry not found');
    const { content, oid, sha256 } = file;
    const commit = { 'x-repo-commit': commitOf(files) };
    if (!sha256) return { status: 200, headers: { ...commit, etag: `"${oid}"` }, body: content };
    // Another origin, as the hub's storage is: whoever follows must leave the token behind.
    const location = `${this.url.replace('127.0.0.1', 'localhost')}/storage/${sha256}`;
    const linked = { 'x-linked-etag': `"${sha256}"`, 'x-linked-size': content.length };
    return { status: 302, headers: { ...commit, ...linked, location } };
  }

  private storedContent(sha256: string): Reply {
    const contents = Object.values(this.options.repositories).flatMap(({ revisions }) => Object.values(revisions));
    const files = contents.flatMap((content) => [...this.filesOf(content).values()]);
    const file = files.find((candidate) => candidate.sha256 === sha256);
    if (!file) return refusal(404, 'NotFound', 'Not found');
    return { status: 200, headers: { etag: `"${sha256}"` }, body: file.content };
  }

  private admits({ headers }: HubRequest): boolean {
    return (this.options.tokens ?? []).some((token) => headers.authorization === `Bearer ${token}`);
  }

  private filesOf(content: HubContent): Map<string, StoredFile> {
    const files = this.stored.get(content) ?? storeFiles(content);
    this.stored.set(content, files);
    return files;
  }
}

export async function startHub(options: HubOptions): Promise<HubServer> {
  const hub = new HubServer(options);
  await hub.listen();
  return hub;
}

function send(
  reply: Reply,
  request: HubRequest,
  response: ServerResponse,
  { afterBytes, thenStall }: { afterBytes?: number; thenStall?: boolean } = {},
): void {
  const whole = Buffer.from(reply.body ?? '');
  const range = reply.status === 200 ? request.headers.range : undefined;
  const start = Number(/^bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0);
  const body = whole.subarray(start);
  const part = range && { 'content-range': `bytes ${start}-${whole.length - 1}/${whole.length}` };
  response.writeHead(range ? 206 : reply.status, { ...reply.headers, 'content-length': body.length, ...part });
  if (request.method === 'HEAD') response.end();
  else if (afterBytes === undefined) response.end(body);
  else response.write(body.subarray(0, afterBytes), () => thenStall || setTimeout(() => response.destroy(), 20));
}

function json(value: unknown, headers: Record<string, string> = {}): Reply {
  const type = { 'content-type': 'application/json; charset=utf-8' };
  return { status: 200, headers: { ...type, ...headers }, body: JSON.stringify(value) };
}

function refusal(status: number, code: string, message: string): Reply {
  return { ...json({ error: message }, { 'x-error-code': code, 'x-error-message': message }), status };
}
