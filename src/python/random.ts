/**
 * CPython's `random.Random(seed)`, as far as its `random`, `shuffle` and `sample` go: the Mersenne Twister MT19937, seeded by
 * `init_by_array([seed])` (Matsumoto and Nishimura 1998; CPython's Modules/_randommodule.c).
 */
export class PythonRandom {
  private readonly state = new Uint32Array(624);
  private index = 624;

  /** @param seed from 0 to 2^32 - 1 */
  constructor(seed: number) {
    const { state } = this;
    state[0] = 19650218;
    for (let i = 1; i < 624; i++) state[i] = Math.imul(1812433253, mixed(state[i - 1])) + i;
    for (let k = 0, i = 1; k < 624; k++) {
      state[i] = (state[i] ^ Math.imul(mixed(state[i - 1]), 1664525)) + seed;
      i = this.next(i);
    }
    for (let k = 0, i = 2; k < 623; k++) {
      state[i] = (state[i] ^ Math.imul(mixed(state[i - 1]), 1566083941)) - i;
      i = this.next(i);
    }
    state[0] = 0x80000000;
  }

  /** From 0 up to 1, in steps of 2^-53, as `random.random` draws it. */
  random(): number {
    const [high, low] = [this.word() >>> 5, this.word() >>> 6];
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /** Indices below `count`, each as `random.choices` draws it of so many equally likely items. */
  choices(drawn: Int32Array, count: number): void {
    for (let i = 0; i < drawn.length; i++) drawn[i] = Math.floor(this.random() * count);
  }

  /** Shuffles in place, as `random.shuffle` does. */
  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [items[i], items[j]] = [items[j], items[i]];
    }
    return items;
  }

  /** `count` of the items in the order in which they are drawn, as `random.sample` draws them. */
  sample<T>(items: readonly T[], count: number): T[] {
    if (count > items.length) throw new RangeError(`a sample of ${count} of ${items.length} items`);
    // CPython keeps a list of the items left, unless a set of those taken is the smaller one.
    const listSize = 21 + (count > 5 ? 4 ** Math.ceil(Math.log(count * 3) / Math.log(4)) : 0);
    if (items.length <= listSize) return this.sampleFromList([...items], count);
    const taken = new Set<number>();
    while (taken.size < count) taken.add(this.below(items.length));
    return [...taken].map((i) => items[i]);
  }

  private sampleFromList<T>(left: T[], count: number): T[] {
    return Array.from({ length: count }, (_, i) => {
      const drawn = this.below(left.length - i);
      const item = left[drawn];
      left[drawn] = left[left.length - i - 1];
      return item;
    });
  }

  private below(limit: number): number {
    const shift = Math.clz32(limit);
    for (;;) {
      const drawn = this.word() >>> shift;
      if (drawn < limit) return drawn;
    }
  }

  private word(): number {
    if (this.index === 624) this.twist();
    let y = this.state[this.index++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  private twist(): void {
    const { state } = this;
    for (let i = 0; i < 624; i++) {
      const y = (state[i] & 0x80000000) | (state[i < 623 ? i + 1 : 0] & 0x7fffffff);
      state[i] = state[i < 227 ? i + 397 : i - 227] ^ (y >>> 1) ^ (-(y & 1) & 0x9908b0df);
    }
    this.index = 0;
  }

  private next(i: number): number {
    if (i < 623) return i + 1;
    this.state[0] = this.state[623];
    return 1;
  }
}

function mixed(word: number): number {
  return word ^ (word >>> 30);
}
