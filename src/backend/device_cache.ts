/** Caches whose tensors stay on the device that computes: only token ids go there, and only logits come back. */
import type { SequenceCache } from './backend.ts';
import { newTokens, roomFor } from './cache.ts';

/** What is remembered of some sequences, its rows: one tensor of `pastShape` for each of a decoder's entries. */
export interface Block<T> {
  readonly tensors: readonly T[];
  readonly rows: number;
  /** Places for tokens that each row has. */
  readonly capacity: number;
}

/** A row of a block. */
export interface Source<T> {
  block: Block<T>;
  row: number;
}

/** New tokens of a block's rows: B rows of S columns, flattened. */
export interface DeviceStep {
  columns: number;
  ids: Int32Array;
  positions: Int32Array;
  /** [B] tokens that each row has already. */
  lengths: Int32Array;
  /** [B] cells of each row's last new token. */
  lastRows: Int32Array;
}

/** A decoder's memory on its device. Blocks are never changed, only made of others. */
export interface DeviceMemory<T> {
  /** One row without tokens. */
  blank(): Block<T>;
  /** A new block of rows of others, with places for `capacity` tokens, which is enough for what they hold. */
  gather(sources: readonly Source<T>[], capacity: number): Promise<Block<T>>;
  /** Reads new tokens: the logits of what follows, and a new block that remembers them as well. */
  step(block: Block<T>, step: DeviceStep): Promise<{ logits: Float32Array; block: Block<T> }>;
  free(block: Block<T>): void;
}

/** Which rows there are is noted, and tensors are moved where the next step needs that. */
export class DeviceCache<T> implements SequenceCache {
  readonly #memory: DeviceMemory<T>;
  /** How many rows of caches are in each block. */
  readonly #uses: Map<Block<T>, number>;
  readonly #blank: Block<T>;
  #rows: (Source<T> & { length: number })[] = [];

  /** @param uses Shared by the caches of a decoder, which take rows from each other. */
  constructor(memory: DeviceMemory<T>, blank: Block<T>, uses: Map<Block<T>, number>) {
    this.#memory = memory;
    this.#blank = blank;
    this.#uses = uses;
  }

  get lengths(): readonly number[] {
    return this.#rows.map(({ length }) => length);
  }

  resize(rows: number): void {
    const added = Math.max(0, rows - this.#rows.length);
    const empty = Array.from({ length: added }, () => ({ block: this.#blank, row: 0, length: 0 }));
    this.#replace([...this.#rows.slice(0, rows), ...empty]);
  }

  copy(source: DeviceCache<T>, row: number, to: number): void {
    this.#replace(this.#rows.with(to, source.#rows[row]));
  }

  async advance(tokens: readonly (readonly number[])[], first?: readonly number[]): Promise<Float32Array> {
    const { lengths } = this;
    const step = newTokens(lengths, tokens, first);
    const longest = Math.max(...lengths.map((length, row) => length + tokens[row].length));
    // Padding has places too, behind the row's own tokens, until others take them.
    const needed = Math.max(longest, ...lengths.map((length) => length + step.columns));
    await this.#arrange(needed);
    const [{ block: before }] = this.#rows;
    const { logits, block } = await this.#memory.step(before, { ...step, lengths: Int32Array.from(lengths) });
    this.#replace(lengths.map((length, row) => ({ block, row, length: length + tokens[row].length })));
    return logits;
  }

  /** Makes the rows one block's, in its order, with places for `needed` tokens, where they are not yet. */
  async #arrange(needed: number): Promise<void> {
    const [{ block: first }] = this.#rows;
    const inOrder = this.#rows.every(({ block, row }, place) => block === first && row === place);
    if (inOrder && first.rows === this.#rows.length && first.capacity >= needed) return;
    const block = await this.#memory.gather(this.#rows, roomFor(needed));
    this.#replace(this.#rows.map(({ length }, row) => ({ block, row, length })));
  }

  #replace(rows: (Source<T> & { length: number })[]): void {
    for (const { block } of rows) this.#count(block, 1);
    for (const { block } of this.#rows) this.#count(block, -1);
    this.#rows = rows;
  }

  #count(block: Block<T>, change: number): void {
    if (block === this.#blank) return;
    const uses = (this.#uses.get(block) ?? 0) + change;
    if (uses > 0) this.#uses.set(block, uses);
    else if (this.#uses.delete(block)) this.#memory.free(block);
  }
}

/** What opens the caches of a decoder. */
export function deviceCaches<T>(memory: DeviceMemory<T>): () => SequenceCache {
  const uses = new Map<Block<T>, number>();
  let blank: Block<T> | undefined;
  return () => {
    blank ??= memory.blank();
    return new DeviceCache(memory, blank, uses);
  };
}
