/** Lists of a million items, most of which are on disk. */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { HonEvalError, reason } from './errors.ts';
import { watchHeap } from './heap.ts';

/** What can be asked of a list of any length, arrays among them. */
export interface List<T> extends Iterable<T> {
  readonly length: number;
  at(index: number): T | undefined;
  slice(start?: number, end?: number): T[];
  map<U>(make: (item: T, index: number) => U): U[];
  flatMap<U>(make: (item: T, index: number) => U | readonly U[]): U[];
  filter(isWanted: (item: T, index: number) => boolean): T[];
  reduce<U>(add: (sum: U, item: T) => U, start: U): U;
  some(is: (item: T, index: number) => boolean): boolean;
}

/** Items that are read, made and kept together. */
export const listPart = 256;

/** A list whose items come in parts of `listPart`; the last part that was asked for is kept. */
abstract class PartedList<T> implements List<T> {
  abstract readonly length: number;
  /** The last one may have fewer items. */
  protected abstract partAt(index: number): readonly T[];
  #last?: { index: number; items: readonly T[] };

  at(index: number): T | undefined {
    return index >= 0 && index < this.length ? this.#part(Math.floor(index / listPart))[index % listPart] : undefined;
  }

  *[Symbol.iterator](): Generator<T> {
    for (let part = 0; part * listPart < this.length; part++) yield* this.#part(part);
  }

  slice(start = 0, end = this.length): T[] {
    const last = Math.min(end, this.length);
    return Array.from({ length: Math.max(0, last - start) }, (_, i) => this.at(start + i)!);
  }

  map<U>(make: (item: T, index: number) => U): U[] {
    const made: U[] = [];
    for (const item of this) made.push(make(item, made.length));
    return made;
  }

  flatMap<U>(make: (item: T, index: number) => U | readonly U[]): U[] {
    const made: U[] = [];
    let index = 0;
    for (const item of this) for (const each of [make(item, index++)].flat() as U[]) made.push(each);
    return made;
  }

  filter(isWanted: (item: T, index: number) => boolean): T[] {
    return this.flatMap((item, index) => (isWanted(item, index) ? [item] : []));
  }

  reduce<U>(add: (sum: U, item: T) => U, start: U): U {
    let sum = start;
    for (const item of this) sum = add(sum, item);
    return sum;
  }

  some(is: (item: T, index: number) => boolean): boolean {
    let index = 0;
    for (const item of this) if (is(item, index++)) return true;
    return false;
  }

  #part(index: number): readonly T[] {
    if (this.#last?.index !== index) {
      watchHeap();
      this.#last = { index, items: this.partAt(index) };
    }
    return this.#last.items;
  }
}

/** Items that are made whenever they are asked for, a part at a time. */
export class MadeList<T> extends PartedList<T> {
  readonly length: number;
  readonly #make: (index: number) => T;

  constructor(length: number, make: (index: number) => T) {
    super();
    this.length = length;
    this.#make = make;
  }

  protected partAt(index: number): readonly T[] {
    const start = index * listPart;
    return Array.from({ length: Math.min(listPart, this.length - start) }, (_, i) => this.#make(start + i));
  }
}

/** Parts that are held in memory, so that usual lists never touch the disk. */
const heldParts = 16;

/** How items lie on disk, where they are more than plain values; those have no typed arrays. */
export interface Codec<T> {
  encode(item: T): unknown;
  decode(value: unknown): T;
}

const plain: Codec<unknown> = { encode: (item) => item, decode: (value) => value };

/** A list to whose end items can be added; all but its first ones go to a file of its own, which nobody else sees. */
export class LongList<T> extends PartedList<T> {
  readonly #codec: Codec<T>;
  readonly #held: T[][] = [];
  /** Of the parts behind those that are held. */
  readonly #places: { at: number; bytes: number }[] = [];
  #file?: ScratchFile;
  #length = 0;
  #tail: T[] = [];

  /** @param codec For items that are no plain values. */
  constructor(codec: Codec<T> = plain as Codec<T>) {
    super();
    this.#codec = codec;
  }

  static from<S, T>(items: Iterable<S>, make: (item: S, index: number) => T): LongList<T> {
    const list = new LongList<T>();
    for (const item of items) list.push(make(item, list.length));
    return list;
  }

  get length(): number {
    return this.#length;
  }

  /** Throws an `output` error where there is no room for it on disk. */
  push(item: T): void {
    this.#tail.push(item);
    this.#length++;
    if (this.#tail.length < listPart) return;
    watchHeap();
    if (this.#held.length < heldParts) this.#held.push(this.#tail);
    else {
      this.#file ??= new ScratchFile();
      this.#places.push(this.#file.append(serialize(this.#tail.map((each) => this.#codec.encode(each)))));
    }
    this.#tail = [];
  }

  protected partAt(index: number): readonly T[] {
    if (index < this.#held.length) return this.#held[index];
    const place = this.#places[index - this.#held.length];
    if (!place) return this.#tail;
    return (deserialize(this.#file!.read(place)) as unknown[]).map((value) => this.#codec.decode(value));
  }
}

/** Closes the files of lists that are gone. */
const forgotten = new FinalizationRegistry<number>((handle) => closeSync(handle));

/** A file without a name, so that nothing of it is left however the process ends. */
class ScratchFile {
  readonly #handle: number;
  #size = 0;
  #buffer = Buffer.alloc(0);

  constructor() {
    this.#handle = onDisk(() => {
      const folder = mkdtempSync(join(tmpdir(), 'hon-eval-'));
      try {
        return openSync(join(folder, 'list'), 'wx+', 0o600);
      } finally {
        const remove = () => rmSync(folder, { recursive: true, force: true });
        if (process.platform === 'win32') process.on('exit', remove);
        else remove();
      }
    });
    forgotten.register(this, this.#handle);
  }

  append(bytes: Uint8Array): { at: number; bytes: number } {
    const at = this.#size;
    onDisk(() => {
      for (let done = 0; done < bytes.length; )
        done += writeSync(this.#handle, bytes, done, bytes.length - done, at + done);
    });
    this.#size += bytes.length;
    return { at, bytes: bytes.length };
  }

  /** Bytes that are good until the next ones are read: one buffer a read would be a lot of garbage. */
  read({ at, bytes }: { at: number; bytes: number }): Buffer {
    if (this.#buffer.length < bytes) this.#buffer = Buffer.alloc(2 * bytes);
    const content = this.#buffer.subarray(0, bytes);
    for (let done = 0; done < bytes; ) done += readSync(this.#handle, content, done, bytes - done, at + done);
    return content;
  }
}

function onDisk<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new HonEvalError(
      'output',
      `Cannot keep rows in the temporary folder ${tmpdir()}: ${reason(error)}. Make room, or name another with TMPDIR.`,
      { cause: error },
    );
  }
}
