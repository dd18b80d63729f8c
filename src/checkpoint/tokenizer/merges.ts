/** For each pair of ids, as `pairOf` has it, its rank and the id that it becomes, as `rank · 2^26 + id`. */
export type Merges = ReadonlyMap<number, number>;

/** Ids are below this, so that a pair of them, or a rank and an id, are exact in one number. */
export const idLimit = 2 ** 26;

export function pairOf(left: number, right: number): number {
  return left * idLimit + right;
}

/**
 * Merges neighbours, the pair of the lowest rank first and the leftmost of equals, until no pair has a rank. Takes
 * O(n log n): pairs wait in a heap, and one that is gone when its turn comes is passed over.
 */
export function mergeNeighbours(ids: readonly number[], merges: Merges): number[] {
  const tokens = [...ids];
  const next = ids.map((_, at) => at + 1);
  const previous = ids.map((_, at) => at - 1);
  /** What each token's pair with the next one becomes, with its rank, or -1. */
  const pairs: number[] = [];
  const heap = new MinHeap();
  const rankPair = (at: number) => {
    const right = next[at];
    const merge = right < tokens.length ? merges.get(pairOf(tokens[at], tokens[right])) : undefined;
    pairs[at] = merge ?? -1;
    if (merge !== undefined) heap.push(rankOf(merge) * places + at);
  };
  for (let at = 0; at < tokens.length; at++) rankPair(at);
  for (let pair = heap.pop(); pair !== undefined; pair = heap.pop()) {
    const at = pair % places;
    const merge = pairs[at];
    if (merge < 0 || rankOf(merge) !== Math.floor(pair / places)) continue;
    const right = next[at];
    tokens[at] = merge % idLimit;
    tokens[right] = -1;
    pairs[right] = -1;
    next[at] = next[right];
    previous[next[at]] = at;
    rankPair(at);
    if (at > 0) rankPair(previous[at]);
  }
  return tokens.filter((token) => token >= 0);
}

function rankOf(merge: number): number {
  return Math.floor(merge / idLimit);
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
    for (let parent = (i - 1) >> 1; i > 0 && items[parent] > item; parent = (i - 1) >> 1) {
      items[i] = items[parent];
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
      if (child + 1 < items.length && items[child + 1] < items[child]) child++;
      if (items[child] >= item) break;
      items[i] = items[child];
      i = child;
    }
    items[i] = item;
  }
}
