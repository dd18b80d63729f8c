/** Tokens that the batches of a task follow: they are read once, and what the model remembers of them is kept. */
import { type Batch, columnStep, type Outputs } from './backend.ts';

type Numbers = Outputs<string>[string];

/** How a backend reads tokens, and where it keeps what is remembered of them. */
export interface TrunkMemory<T> {
  /** What is remembered of no tokens. */
  nothing: readonly T[];
  /** What is to be remembered of a batch's first `count` tokens, which follow `before`: for each entry [count, width]. */
  read(batch: Batch, count: number, before: readonly T[]): Promise<Numbers[]>;
  /** What `read` takes. */
  place(values: Numbers, shape: [tokens: number, width: number]): T;
  free?(tensor: T): void;
}

/** A long trunk is read in parts of so many tokens: what attention needs memory for grows with a part. */
const partLength = 1024;

/** What is remembered of the trunk that was used last. */
export class TrunkKeeper<T> {
  readonly #memory: TrunkMemory<T>;
  #ids = new Int32Array();
  #placed: readonly T[] = [];

  constructor(memory: TrunkMemory<T>) {
    this.#memory = memory;
  }

  /** What is remembered of a batch's trunk, which is read where the last one was another. */
  async of({ trunk }: Batch): Promise<readonly T[]> {
    if (!trunk?.length) return this.#memory.nothing;
    if (trunk.length === this.#ids.length && trunk.every((id, i) => id === this.#ids[i])) return this.#placed;
    this.#forget();
    let values: Numbers[] = [];
    for (let start = 0; start < trunk.length; start += partLength) {
      const ids = trunk.subarray(start, start + partLength);
      const before = start === 0 ? this.#memory.nothing : this.#placed;
      const fresh = await this.#memory.read(
        { ...chain(ids, start), trunk: trunk.subarray(0, start) },
        ids.length,
        before,
      );
      values = fresh.map((numbers, i) => joined(values[i], numbers));
      this.#forget();
      const length = start + ids.length;
      this.#placed = values.map((numbers) => this.#memory.place(numbers, [length, numbers.length / length]));
    }
    this.#ids = trunk.slice();
    return this.#placed;
  }

  close(): void {
    this.#forget();
    this.#free(this.#memory.nothing);
  }

  #forget(): void {
    this.#free(this.#placed);
    this.#placed = [];
    this.#ids = new Int32Array();
  }

  #free(tensors: readonly T[]): void {
    for (const tensor of tensors) this.#memory.free?.(tensor);
  }
}

function joined(first: Numbers | undefined, second: Numbers): Numbers {
  const { length = 0 } = first ?? {};
  const whole = new (second.constructor as new (length: number) => Numbers)(length + second.length);
  if (first) whole.set(first);
  whole.set(second, length);
  return whole;
}

/**
 * One sequence, as a tree without branches, and padding; its last token predicts something, since something is to be
 * predicted.
 * @param first The position of the first token.
 */
export function chain(tokens: ArrayLike<number>, first: number): Batch {
  const columns = columnStep * Math.ceil(tokens.length / columnStep);
  const ids = new Int32Array(columns);
  ids.set(tokens);
  return {
    rows: 1,
    columns,
    ids,
    positions: Int32Array.from(ids, (_, i) => (i < tokens.length ? first + i : 0)),
    ends: Int32Array.from(ids, (_, i) => Math.max(tokens.length, i + 1)),
    headRows: Int32Array.of(tokens.length - 1),
    targetRows: Int32Array.of(0),
    targets: Int32Array.of(0),
  };
}
