import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

type Chunks = Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;

/**
 * Files that appear together or not at all: each is written beside its final name, under a hidden one, until `publish`
 * renames them.
 */
export class PendingFiles {
  readonly #files: { at: string; final: string }[] = [];

  /** Writes the chunks as they come, never more than the disk takes. */
  async write(final: string, chunks: Chunks, signal?: AbortSignal): Promise<void> {
    const at = path.join(path.dirname(final), `.${path.basename(final)}.partial`);
    this.#files.push({ at, final });
    await pipeline(Readable.from(chunks), createWriteStream(at), { signal });
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
