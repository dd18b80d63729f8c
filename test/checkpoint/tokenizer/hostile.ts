/** Tokenizers that are damaged on purpose, by their structure: one part taken away, or replaced by another. */
import type { Json, JsonObject } from '../../../src/json.ts';
import { randomNumbers } from '../../model/tiny_checkpoint.ts';

/** What takes the place of a part. */
const replacements: Json[] = [
  ...[null, true, -1, 0, 0.5, 1e308, '', ' ', 'x', '▁', '\ud800', [], {}, [null], [[]]],
  ...['a b c', ['a', 'b'], ['a', 3], { type: 'Sequence' }, { type: 'toString' }, { String: '' }],
  ...[{ Regex: '(' }, { Regex: '([a-z .]+)+!' }, { type: 'Sequence', normalizers: [] }, { type: 'Fuse' }],
];

/** Places of all parts of a value, as paths; of long lists and records the first and the last. */
function places(value: Json, path: (string | number)[] = []): (string | number)[][] {
  if (value === null || typeof value !== 'object') return [path];
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  const some = keys.length > 12 ? [...keys.slice(0, 3), ...keys.slice(-3)] : keys;
  const children = some.flatMap((key) => places((value as Record<string | number, Json>)[key]!, [...path, key]));
  return [path, ...children];
}

type Part = Record<string | number, Json>;

function at(value: Json, path: readonly (string | number)[]): Json {
  let part = value;
  for (const key of path) part = (part as Part)[key]!;
  return part;
}

/** The tokenizer with one to three of its parts damaged, and what was done. */
export function damage(definition: JsonObject, seed: number): { damaged: Json; what: string } {
  const next = randomNumbers(seed);
  const pick = <T>(all: readonly T[]): T => all[Math.floor(((next() + 1) / 2) * all.length) % all.length]!;
  const damaged = structuredClone(definition);
  const what: string[] = [];
  for (let n = pick([1, 2, 3]); n > 0; n--) {
    const all = places(damaged).filter((path) => path.length > 0);
    if (all.length === 0) break;
    const path = pick(all);
    const parent = at(damaged, path.slice(0, -1)) as Part | Json[];
    const key = path.at(-1)!;
    const kind = pick(['without', 'another part at', 'another value at', 'another value at']);
    if (kind !== 'without') {
      const other = kind === 'another value at' ? pick(replacements) : at(definition, pick(places(definition)));
      (parent as Part)[key] = structuredClone(other);
    } else if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else delete parent[key];
    what.push(`${kind} ${path.join('.')}`);
  }
  return { damaged, what: what.join(', ') };
}
