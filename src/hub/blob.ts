import { createHash, type Hash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ListedFile } from './cache.ts';
import { HubResponseError, HubUnreachableError, WrongContentError } from './client.ts';

export interface BlobRequest {
  file: ListedFile;
  url: string;
  /** Where the bytes go, once they are all there and checked. */
  target: string;
  fetch: typeof fetch;
  /** Told how many more bytes have arrived; fewer than none where the storage makes us start over. */
  onBytes(bytes: number): void;
  signal: AbortSignal;
}

/** Pauses before the hub is asked again, in milliseconds, while no byte arrives. */
const pauses = [500, 2_000, 8_000];

/**
 * Downloads one file. A connection that breaks is taken up again where it broke, and nothing is left behind where the
 * download fails. The temporary name is this download's own, so that two processes never write into one file.
 */
export async function downloadBlob(request: BlobRequest): Promise<void> {
  const partial = `${request.target}.${randomUUID().slice(0, 8)}.incomplete`;
  await mkdir(dirname(request.target), { recursive: true });
  try {
    const handle = await open(partial, 'ax');
    await receive(request, handle).finally(() => handle.close());
    await rename(partial, request.target);
  } finally {
    await rm(partial, { force: true });
  }
}

async function receive(request: BlobRequest, handle: FileHandle): Promise<void> {
  const { file } = request;
  const part = new PartialFile(handle, request);
  for (let failures = 0; part.received < file.size; ) {
    const before = part.received;
    try {
      await part.continue();
    } catch (error) {
      if (part.received > before) failures = 0;
      if (!isPassing(error) || failures === pauses.length) throw error;
      await sleep(pauses[failures++], undefined, { signal: request.signal });
    }
  }
  part.check();
}

/** The bytes that have arrived so far, and their hash. */
class PartialFile {
  received = 0;
  private hash: Hash | undefined;
  private readonly handle: FileHandle;
  private readonly request: BlobRequest;

  constructor(handle: FileHandle, request: BlobRequest) {
    this.handle = handle;
    this.request = request;
    this.hash = contentHash(request.file);
  }

  /** Fetches what is still missing. */
  async continue(): Promise<void> {
    const { url, fetch } = this.request;
    // Compressed on the way, a range would count other bytes than the file's.
    const headers: Record<string, string> = { 'accept-encoding': 'identity' };
    if (this.received > 0) headers.range = `bytes=${this.received}-`;
    const response = await fetch(url, { headers });
    if (this.received > 0 && response.status !== 206) await this.startOver();
    try {
      for await (const chunk of response.body ?? []) await this.append(chunk);
    } catch (error) {
      this.request.signal.throwIfAborted();
      // A body that breaks off is a TypeError; what the disk reports is not.
      if (error instanceof TypeError) throw new HubUnreachableError('the connection broke', { cause: error });
      throw error;
    }
    if (this.received < this.request.file.size) throw new HubUnreachableError('the connection ended early');
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

/** The hash that names a file's content on the hub, ready for the content's bytes. */
function contentHash(file: ListedFile): Hash | undefined {
  if (file.hash === 'sha256') return createHash('sha256');
  if (file.hash === 'git') return createHash('sha1').update(`blob ${file.size}\0`);
  return undefined;
}

function wrongContent({ path, size, blob }: ListedFile): Error {
  return new WrongContentError(`what came as ${path} is not what the hub lists (${size} bytes, ${blob})`);
}

/** Whether asking again may help. */
function isPassing(error: unknown): boolean {
  if (error instanceof HubResponseError) return error.status === 429 || error.status >= 500;
  return error instanceof HubUnreachableError && !(error instanceof WrongContentError);
}
