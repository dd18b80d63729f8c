import { type Hash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ListedFile } from './cache.ts';
import { HubResponseError, HubUnreachableError, WrongContentError } from './errors.ts';
import { bodyOf, type Fetch } from './fetch.ts';
import { contentHash } from './hash.ts';
import { limits } from './limits.ts';
import { withRetries } from './retry.ts';

export interface BlobRequest {
  file: ListedFile;
  url: string;
  /** Where the bytes go, once they are all there and checked. */
  target: string;
  fetch: Fetch;
  /** Told how many more bytes have arrived; fewer than none where the storage makes us start over. */
  onBytes(bytes: number): void;
  /** Told where the storage asks for a pause. */
  onNotice?(message: string): void;
  signal: AbortSignal;
}

/**
 * Downloads one file. A connection that breaks is taken up again where it broke, and nothing is left behind where the
 * download fails. The temporary name is this download's own, so that two processes never write into one file.
 */
export async function downloadBlob(request: BlobRequest): Promise<void> {
  const partial = `${request.target}.${randomUUID().slice(0, 8)}.incomplete`;
  await mkdir(dirname(request.target), { recursive: true });
  await removeLeftovers(request.target);
  try {
    const handle = await open(partial, 'ax');
    await receive(request, handle).finally(() => handle.close());
    await rename(partial, request.target);
  } finally {
    await rm(partial, { force: true });
  }
}

/** What processes that were killed left of the same download: nothing that arrives lies still for an hour. */
async function removeLeftovers(target: string): Promise<void> {
  const prefix = `${basename(target)}.`;
  const names = (await readdir(dirname(target))).filter(
    (name) => name.startsWith(prefix) && name.endsWith('.incomplete'),
  );
  for (const name of names) {
    const path = join(dirname(target), name);
    const { mtimeMs = Number.POSITIVE_INFINITY } = (await stat(path).catch(() => undefined)) ?? {};
    if (Date.now() - mtimeMs > 3_600_000) await rm(path, { force: true });
  }
}

async function receive(request: BlobRequest, handle: FileHandle): Promise<void> {
  const part = new PartialFile(handle, request);
  let before = 0;
  const attempt = () => {
    before = part.received;
    return part.continue();
  };
  if (request.file.size > 0) {
    const { signal, onNotice } = request;
    await withRetries(attempt, { signal, onNotice, gotFurther: () => part.received > before });
  }
  part.check();
}

/** The bytes that have arrived so far, and their hash. */
class PartialFile {
  received = 0;
  private restarts = 0;
  private hash: Hash | undefined;
  private readonly handle: FileHandle;
  private readonly request: BlobRequest;

  constructor(handle: FileHandle, request: BlobRequest) {
    this.handle = handle;
    this.request = request;
    this.hash = contentHash(request.file);
  }

  /** Fetches what is still missing, all of it where the storage does not go on where the file broke. */
  async continue(): Promise<void> {
    const { file, signal } = this.request;
    const response = await this.ask();
    for await (const chunk of bodyOf(response, signal)) await this.append(chunk);
    if (this.received < file.size) throw new HubUnreachableError('the connection ended early');
  }

  private async ask(): Promise<Response> {
    const { url, fetch } = this.request;
    // Compressed on the way, a range would count other bytes than the file's.
    const headers: Record<string, string> = { 'accept-encoding': 'identity' };
    if (this.received === 0) return fetch(url, { headers });
    try {
      const response = await fetch(url, { headers: { ...headers, range: `bytes=${this.received}-` } });
      if (this.goesOn(response)) return response;
      await this.startOver();
      if (response.status === 200) return response;
      await response.body?.cancel();
    } catch (error) {
      if (!(error instanceof HubResponseError) || error.status !== 416) throw error;
      await this.startOver();
    }
    return fetch(url, { headers });
  }

  /** Whether an answer has what comes after the bytes that are there. */
  private goesOn({ status, headers }: Response): boolean {
    const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '') ?? [];
    const isWhole = total === '*' || total === String(this.request.file.size);
    return status === 206 && start === String(this.received) && isWhole;
  }

  private async append(chunk: Uint8Array): Promise<void> {
    const { file, onBytes } = this.request;
    if (this.received + chunk.length > file.size) throw wrongContent(file);
    await this.handle.appendFile(chunk);
    this.hash?.update(chunk);
    this.received += chunk.length;
    onBytes(chunk.length);
  }

  private async startOver(): Promise<void> {
    if (++this.restarts > limits.restarts) throw new WrongContentError('the storage does not go on where a file broke');
    this.request.onBytes(-this.received);
    await this.handle.truncate(0);
    this.received = 0;
    this.hash = contentHash(this.request.file);
  }

  check(): void {
    const { file } = this.request;
    if (this.hash && this.hash.digest('hex') !== file.blob) throw wrongContent(file);
  }
}

function wrongContent({ path, size, blob }: ListedFile): Error {
  return new WrongContentError(`what came as ${path} is not what is listed (${size} bytes, ${blob})`);
}
