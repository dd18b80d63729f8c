import { createWriteStream } from 'node:fs';
import { readdir, readlink, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isAlive } from '../process.ts';
import { outputError } from './output_folder.ts';

type Chunks = Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;

/**
 * Files that appear together or not at all: each is written beside its final name, under a hidden one, until `publish`
 * renames them. A link stays one, and the file that it names is replaced; what is no file, such as a device or a pipe, is
 * written to as it is.
 */
export class PendingFiles {
  readonly #files: { at: string; final: string }[] = [];

  /** Writes the chunks as they come, never more than the disk takes. */
  async write(name: string, chunks: Chunks, signal?: AbortSignal): Promise<void> {
    // By the name that was given: /dev/stdout leads to one that nothing can be opened by.
    if (await isStream(name)) return pipeline(Readable.from(chunks), createWriteStream(name), { signal });
    const final = await target(name);
    const [folder, file] = [path.dirname(final), path.basename(final)];
    await removeLeftovers(folder, file);
    const at = path.join(folder, `.${file}${ending(process.pid)}`);
    this.#files.push({ at, final });
    // In the system's hands alone, it could come out of a power cut empty, under its name.
    await pipeline(Readable.from(chunks), createWriteStream(at, { flush: true }), { signal });
  }

  /** Gives the files their names, in the order in which they were written. */
  async publish(): Promise<void> {
    for (const file of this.#files) {
      await rename(file.at, file.final);
      file.at = file.final;
    }
  }

  /** Removes them, published or not. */
  async discard(): Promise<void> {
    for (const { at } of this.#files) await rm(at, { force: true });
  }
}

/** The file that a name leads to through links, whether it is there or not. */
async function target(name: string): Promise<string> {
  const link = await readlink(name).catch(() => undefined);
  return link === undefined ? name : target(path.resolve(path.dirname(name), link));
}

/** Whether a name is that of a device, a pipe or a socket. */
async function isStream(name: string): Promise<boolean> {
  const found = await stat(name).catch(() => undefined);
  return found !== undefined && !found.isFile() && !found.isDirectory();
}

/** Whose a file is that is not whole yet. */
function ending(pid: number | string): string {
  return `.${hostname()}-${pid}.partial`;
}

/**
 * Removes the unfinished files that processes of this machine have left in a folder, having been killed.
 * @param file Whose are removed; all are if left out.
 */
export async function removeLeftovers(folder: string, file?: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const pid = /-(\d+)\.partial$/.exec(name)?.[1];
    if (!pid || !name.startsWith('.') || !name.endsWith(ending(pid))) continue;
    if (file !== undefined && name !== `.${file}${ending(pid)}`) continue;
    if (!isAlive(Number(pid))) await rm(path.join(folder, name), { force: true });
  }
}

export interface WriteOptions {
  signal?: AbortSignal;
  /** Which names another place, for the error. */
  flag?: string;
}

/** Writes a file whole or not at all. Throws an `output` error. */
export async function writeWhole(file: string, chunks: Chunks, { signal, flag }: WriteOptions = {}): Promise<void> {
  const pending = new PendingFiles();
  try {
    await pending.write(file, chunks, signal);
    await pending.publish();
  } catch (error) {
    await pending.discard();
    throw outputError(error, file, flag);
  }
}
