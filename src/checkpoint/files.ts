import { type FileHandle, open, stat } from 'node:fs/promises';
import { HonEvalError } from '../errors.ts';
import { deepestJson, isTooDeep, type Json, type JsonObject } from '../json.ts';

/** An error over what is in a file; `what` is a sentence about it without its end, such as `it is not JSON`. */
export function damaged(path: string, what: string): HonEvalError {
  return new HonEvalError('checkpoint', `Cannot read ${path}: ${what}.`);
}

/** A file open for reading. */
export interface OpenFile {
  path: string;
  /** Bytes. */
  size: number;
  handle: FileHandle;
}

/** Opens a file for as long as `use` takes; folders, pipes and the like are refused, as is what is not there. */
export async function withFile<T>(path: string, use: (file: OpenFile) => Promise<T>): Promise<T> {
  const refuse = (error: NodeJS.ErrnoException) => {
    throw damaged(path, error.code === 'ENOENT' ? 'there is no such file' : error.message);
  };
  // Before it is opened, as to open a pipe is to wait for its other end.
  const stats = await stat(path).catch(refuse);
  if (!stats.isFile()) throw damaged(path, 'it is not a file');
  const handle = await open(path).catch(refuse);
  try {
    return await use({ path, size: stats.size, handle });
  } finally {
    await handle.close();
  }
}

/** Fills `target` with the bytes from `position` on. */
export async function readInto({ path, handle }: OpenFile, position: number, target: Uint8Array): Promise<void> {
  // The operating system reads 2 GiB at a time and no more.
  const most = 2 ** 30;
  for (let done = 0; done < target.length; ) {
    const length = Math.min(most, target.length - done);
    const { bytesRead } = await handle.read(target, done, length, position + done);
    if (bytesRead === 0) throw damaged(path, 'it ended while it was read');
    done += bytesRead;
  }
}

export async function readBytes(file: OpenFile, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  await readInto(file, position, bytes);
  return bytes;
}

/** Whether bytes are what Git leaves in place of a large file where Git LFS is not set up. */
export function isGitLfsPointer(start: Uint8Array): boolean {
  return Buffer.from(start.subarray(0, 64)).toString('latin1').startsWith('version https://git-lfs.github.com/spec/');
}

/** Throws where a file is a Git LFS pointer, which whoever parses it would only call malformed. */
export function refuseGitLfsPointer(path: string): Promise<void> {
  return withFile(path, async (file) => {
    const start = await readBytes(file, 0, Math.min(64, file.size));
    if (isGitLfsPointer(start)) throw damaged(path, 'it is a Git LFS pointer; run "git lfs pull" there');
  });
}

export async function readJsonObject(path: string): Promise<JsonObject> {
  await refuseGitLfsPointer(path);
  const text = await withFile(path, ({ handle }) => handle.readFile('utf8'));
  const value = parseJson(text, path);
  if (isTooDeep(value as Json)) throw damaged(path, `it has more than ${deepestJson} levels of lists and objects`);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw damaged(path, 'it is not a JSON object');
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw damaged(path, `it is not JSON (${(error as Error).message.replace(/[\p{Cc}]/gu, ' ')})`);
  }
}
