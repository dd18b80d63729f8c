/** Damages files as disks, networks and enemies do, the same for the same seed. */

/** Uniform integers below `n` (mulberry32). */
export type Random = (n: number) => number;

export function random(seed: number): Random {
  let state = seed;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % Math.max(1, n);
  };
}

function pick<T>(next: Random, list: readonly T[]): T {
  return list[next(list.length)];
}

const numbers = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

type Damage = (bytes: Buffer, next: Random) => Buffer;

const damages: Damage[] = [
  (bytes, next) => changed(bytes, next(bytes.length), (byte) => byte ^ (1 << next(8))),
  (bytes, next) => changed(bytes, next(bytes.length), () => pick(next, numbers) & 0xff),
  (bytes, next) => bytes.subarray(0, next(bytes.length + 1)),
  (bytes, next) => cut(bytes, next(bytes.length), 1 + next(16)),
  (bytes, next) => insert(bytes, next(bytes.length), Buffer.alloc(1 + next(64), next(256))),
  (bytes, next) => insert(bytes, next(bytes.length), bytes.subarray(next(bytes.length)).subarray(0, next(200))),
  (bytes, next) => overwrite(bytes, next, 4),
  (bytes, next) => overwrite(bytes, next, 8),
];

/** One to four kinds of damage, rather at the end of a file, where some formats have their directory. */
export function damage(bytes: Buffer, next: Random): Buffer {
  let result: Buffer = Buffer.from(bytes);
  for (let left = 1 + next(4); left > 0 && result.length > 0; left--) {
    const start = next(2) ? Math.floor(result.length / 2) : 0;
    result = Buffer.concat([result.subarray(0, start), pick(next, damages)(result.subarray(start), next)]);
  }
  return result;
}

function changed(bytes: Buffer, at: number, change: (byte: number) => number): Buffer {
  const result = Buffer.from(bytes);
  if (result.length > 0) result[at] = change(result[at]);
  return result;
}

function cut(bytes: Buffer, at: number, length: number): Buffer {
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
}

function insert(bytes: Buffer, at: number, inserted: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at)]);
}

function overwrite(bytes: Buffer, next: Random, size: 4 | 8): Buffer {
  const result = Buffer.from(bytes);
  if (result.length < size) return result;
  const at = next(result.length - size + 1);
  result.writeUInt32LE(pick(next, numbers), at);
  if (size === 8) result.writeUInt32LE(pick(next, numbers), at + 4);
  return result;
}

/** Values that are no number, text, list or object of the usual kind, as JSON. */
const oddValues = [
  ...['null', 'true', '0', '-1', '1.5', '1e400', '-1e400', '9007199254740993', '""', '"\\u0000"', '"\\ud800"'],
  ...['[]', '{}', '[[]]', '{"":null}', '"__proto__"', '{"__proto__":{"x":1}}', '[1,"a",null]', '1e-400'],
];

/** Damages a JSON text where it is still one afterwards: values, keys and nesting. */
export function damageJson(text: string, next: Random): string {
  const marks = new Map<string, string>();
  const mark = (json: string) => {
    const name = `\u0001${marks.size}\u0001`;
    marks.set(JSON.stringify(name), json);
    return name;
  };
  const odd = () => {
    // Rarely, as they take their time.
    if (next(100) > 0) return mark(pick(next, oddValues));
    const depth = pick(next, [200, 5_000, 100_000]);
    return mark('['.repeat(depth) + ']'.repeat(depth));
  };
  const spoil = (value: unknown): unknown => {
    if (value === null || typeof value !== 'object' || next(4) === 0) return odd();
    const keys = Object.keys(value);
    if (keys.length === 0) return odd();
    const key = pick(next, keys);
    const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
    const what = next(8);
    if (what === 0 && Array.isArray(copy)) copy.splice(Number(key), 1);
    else if (what === 0) delete copy[key];
    else if (what === 1) copy[`${key}x`] = copy[key];
    else copy[key] = spoil(copy[key]);
    return copy;
  };
  const result = JSON.stringify(spoil(JSON.parse(text)));
  return result.replace(/"\\u0001\d+\\u0001"/g, (name) => marks.get(name) ?? name);
}
