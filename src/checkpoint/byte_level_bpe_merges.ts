/** GPT-2's letters for the 256 bytes: printable ones stand for themselves, the others follow from U+0100 on. */
export const byteLetters: readonly string[] = createByteLetters();

function createByteLetters(): string[] {
  let next = 256;
  const printable = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
}

/** Rank of each pair, `"a b"`: the lowest is merged first. */
export type MergeRanks = ReadonlyMap<string, number>;

/** Merges as `tokenizer.json` has them, in the old format (`"a b"`) or in the new one (`["a", "b"]`). */
export function rankMerges(merges: (string | string[])[]): MergeRanks {
  return new Map(merges.map((merge, rank) => [typeof merge === 'string' ? merge : merge.join(' '), rank]));
}

/**
 * Merges neighbours, the pair of the lowest rank first and the leftmost of equals, until no pair has a rank. Takes
 * O(n log n): pairs wait in a heap, and one that is gone when its turn comes is passed over.
 */
export function mergeLetters(letters: string[], ranks: MergeRanks): string[] {
  const tokens = [...letters];
  const next = letters.map((_, at) => at + 1);
  const previous = letters.map((_, at) => at - 1);
  /** Rank of each token's pair with the next one, or -1. */
  const pairRanks: number[] = [];
  const heap = new MinHeap();
  const rankPair = (at: number) => {
    const right = tokens[next[at]!];
    const rank = right === undefined ? undefined : ranks.get(`${tokens[at]} ${right}`);
    pairRanks[at] = rank ?? -1;
    if (rank !== undefined) heap.push(rank * places + at);
  };
  for (let at = 0; at < letters.length; at++) rankPair(at);
  for (let pair = heap.pop(); pair !== undefined; pair = heap.pop()) {
    const at = pair % places;
    if (pairRanks[at] !== Math.floor(pair / places)) continue;
    const right = next[at]!;
    tokens[at] += tokens[right]!;
    tokens[right] = '';
    pairRanks[right] = -1;
    next[at] = next[right]!;
    previous[next[at]!] = at;
    rankPair(at);
    if (at > 0) rankPair(previous[at]!);
  }
  return tokens.filter((token) => token !== '');
}

/** A pair in the heap is its rank and its place in one number, exact while ranks are below 2^21. */
const places = 2 ** 32;

/** A binary heap of numbers. */
class MinHeap {
  readonly #items: number[] = [];

  push(item: number): void {
    const items = this.#items;
    let i = items.length;
    items.push(item);
    for (let parent = (i - 1) >> 1; i > 0 && items[parent]! > item; parent = (i - 1) >> 1) {
      items[i] = items[parent]!;
      i = parent;
    }
    items[i] = item;
  }

  pop(): number | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (last !== undefined && items.length > 0) this.#sink(last);
    return top;
  }

  /** Puts a number in the place of the least. */
  #sink(item: number): void {
    const items = this.#items;
    let i = 0;
    for (let child = 1; child < items.length; child = 2 * i + 1) {
      if (child + 1 < items.length && items[child + 1]! < items[child]!) child++;
      if (items[child]! >= item) break;
      items[i] = items[child]!;
      i = child;
    }
    items[i] = item;
  }
}
