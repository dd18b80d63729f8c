/** Jinja's filters, with Python's results. */
import { str, type Value } from '../literal.ts';
import { capitalize, strip, title } from '../text.ts';
import { dumps, PythonFloat } from '../write_json.ts';
import { replace } from './methods.ts';
import { equal, isDict, isTrue, itemOf, iterate, listOf, numberOf, operate, order, TemplateError } from './values.ts';

export type Filter = (value: Value, args: Value[], keywords: Record<string, Value>) => Value;

export const filters: Readonly<Record<string, Filter>> = {
  abs: (value) =>
    value instanceof PythonFloat ? new PythonFloat(Math.abs(value.value)) : Math.abs(numberOf(value) ?? Number.NaN),
  capitalize: (value) => capitalize(str(value)),
  count: (value) => iterate(value).length,
  first: (value) => present(iterate(value)[0], 'first'),
  float: (value, [otherwise = new PythonFloat(0)]) => {
    const number = typeof value === 'string' ? readFloat(value) : numberOf(value);
    return number === null ? otherwise : new PythonFloat(number);
  },
  int(value, [otherwise = 0]) {
    const number = typeof value === 'string' ? readFloat(value) : numberOf(value);
    return number === null || !Number.isFinite(number) ? otherwise : Math.trunc(number);
  },
  items: (value) => (isDict(value) ? Object.entries(value) : refuse('items')),
  join(value, [separator = '', attribute], keywords) {
    const named = attribute ?? keywords.attribute;
    const items = iterate(value).map((item) => (named === undefined ? item : attributeOf(item, str(named))));
    return items.map(str).join(str(separator));
  },
  last: (value) => present(iterate(value).at(-1), 'last'),
  length: (value) => iterate(value).length,
  list: (value) => [...iterate(value)],
  lower: (value) => str(value).toLowerCase(),
  map(value, [name, ...args], { attribute, ...keywords }) {
    if (attribute !== undefined) return iterate(value).map((item) => attributeOf(item, str(attribute)));
    return iterate(value).map((item) => filterOf(str(name))(item, args, keywords));
  },
  max: (value) => present(sorted(value).at(-1), 'max'),
  min: (value) => present(sorted(value)[0], 'min'),
  regex_replace: (value, [pattern, replacement, count = 0]) =>
    regexReplace(str(value), str(pattern), str(replacement), numberOf(count) ?? 0),
  replace: (value, [from, to, count = -1]) => replace(str(value), str(from), str(to), numberOf(count) ?? -1),
  reverse: (value) => (typeof value === 'string' ? [...value].reverse().join('') : [...iterate(value)].reverse()),
  round(value, [digits = 0]) {
    const scale = 10 ** (numberOf(digits) ?? 0);
    const scaled = (numberOf(value) ?? Number.NaN) * scale;
    const low = Math.floor(scaled);
    const even = low % 2 === 0 ? low : low + 1;
    return new PythonFloat((scaled - low === 0.5 ? even : Math.round(scaled)) / scale);
  },
  sort: (value, [reverse = false], keywords) =>
    isTrue(keywords.reverse ?? reverse) ? sorted(value, keywords).reverse() : sorted(value, keywords),
  string: (value) => str(value),
  sum: (value) => iterate(value).reduce((total, item) => operate('+', total, item), 0 as Value),
  title: (value) => title(str(value)),
  tojson: (value) => dumps(value as never),
  trim: (value, [chars]) => strip(str(value), chars === undefined ? undefined : str(chars)),
  unique: (value) => iterate(value).filter((item, i, all) => all.findIndex((other) => equal(other, item)) === i),
  upper: (value) => str(value).toUpperCase(),
};

export function filterOf(name: string): Filter {
  if (Object.hasOwn(filters, name)) return filters[name];
  throw new TemplateError(`there is no filter "${name}" here`);
}

/** An attribute by a path such as `a.b.0`. */
function attributeOf(value: Value, path: string): Value {
  return path.split('.').reduce((item: Value, part) => {
    const found = itemOf(item, listOf(item) ? Number(part) : part);
    return present(found, `attribute ${part}`);
  }, value);
}

function sorted(value: Value, keywords: Record<string, Value> = {}): Value[] {
  const { attribute, case_sensitive: caseSensitive = false } = keywords;
  const key = (item: Value) => {
    const found = attribute === undefined ? item : attributeOf(item, str(attribute));
    return typeof found === 'string' && !isTrue(caseSensitive) ? found.toLowerCase() : found;
  };
  return [...iterate(value)].sort((a, b) => order(key(a), key(b)));
}

function readFloat(text: string): number | null {
  const bare = strip(text).replaceAll('_', '');
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(bare) ? Number(bare) : null;
}

/** Python's `re.sub`, of patterns that mean the same in both languages. */
function regexReplace(text: string, pattern: string, replacement: string, count: number): string {
  let left = count === 0 ? Number.POSITIVE_INFINITY : count;
  return text.replace(new RegExp(pattern.replaceAll('(?P<', '(?<'), 'gu'), (...found) => {
    if (left-- <= 0) return found[0];
    return replacement.replace(/\\(\d|g<(\d+)>)/g, (_, digit, group) => found[Number(group ?? digit)] ?? '');
  });
}

function present(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new TemplateError(`there is no ${what}`);
  return value;
}

function refuse(what: string): never {
  throw new TemplateError(`${what} of something that has none`);
}
