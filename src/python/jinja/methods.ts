/** Methods of Python's str, list and dict, as templates call them. */
import { str, Tuple, type Value } from '../literal.ts';
import { capitalize, split, strip, stripEnd, stripStart, title } from '../text.ts';
import { type Callable, equal, isDict, iterate, listOf, numberOf, TemplateError, typeName } from './values.ts';

/** The method `name` of a value; undefined where the value has no such one. */
export function methodOf(value: Value, name: string): Callable | undefined {
  if (typeof value === 'string' && Object.hasOwn(textMethods, name))
    return (args, keywords) => textMethods[name](value, args, keywords);
  const items = listOf(value);
  if (items && Object.hasOwn(listMethods, name)) return (args) => listMethods[name](items, args);
  if (isDict(value) && Object.hasOwn(dictMethods, name)) return (args) => dictMethods[name](value, args);
  return undefined;
}

type TextMethod = (text: string, args: Value[], keywords: Record<string, Value>) => Value;

const textMethods: Record<string, TextMethod> = {
  strip: (text, [chars]) => strip(text, optional(chars)),
  lstrip: (text, [chars]) => stripStart(text, optional(chars)),
  rstrip: (text, [chars]) => stripEnd(text, optional(chars)),
  lower: (text) => text.toLowerCase(),
  upper: (text) => text.toUpperCase(),
  casefold: (text) => text.toLowerCase().replaceAll('ß', 'ss'),
  capitalize: (text) => capitalize(text),
  title: (text) => title(text),
  split: (text, [separator, limit], { sep, maxsplit }) =>
    split(text, optional(separator ?? sep), numberOf(limit ?? maxsplit ?? -1) ?? -1),
  splitlines: (text) => splitLines(text),
  join: (text, [items]) => iterate(items).map(wanted).join(text),
  replace: (text, [from, to, count]) => replace(text, wanted(from), wanted(to), numberOf(count ?? -1) ?? -1),
  startswith: (text, [start]) => affixes(start).some((each) => text.startsWith(each)),
  endswith: (text, [end]) => affixes(end).some((each) => text.endsWith(each)),
  removeprefix: (text, [start]) => (text.startsWith(wanted(start)) ? text.slice(wanted(start).length) : text),
  removesuffix: (text, [end]) => (end !== '' && text.endsWith(wanted(end)) ? text.slice(0, -wanted(end).length) : text),
  find(text, [part]) {
    const at = text.indexOf(wanted(part));
    return at < 0 ? -1 : [...text.slice(0, at)].length;
  },
  count: (text, [part]) => text.split(wanted(part)).length - 1,
  isdigit: (text) => /^\p{Nd}+$/u.test(text),
  isupper: (text) => text !== text.toLowerCase() && text === text.toUpperCase(),
  islower: (text) => text !== text.toUpperCase() && text === text.toLowerCase(),
  format: (text, args, keywords) => format(text, args, keywords),
};

const listMethods: Record<string, (items: Value[], args: Value[]) => Value> = {
  index(items, [wantedItem]) {
    const at = items.findIndex((item) => equal(item, wantedItem));
    if (at < 0) throw new TemplateError(`${str(wantedItem)} is not in list`);
    return at;
  },
  count: (items, [counted]) => items.filter((item) => equal(item, counted)).length,
  append(items, [item]) {
    items.push(item);
    return null;
  },
};

const dictMethods: Record<string, (dict: { [key: string]: Value }, args: Value[]) => Value> = {
  get: (dict, [key, otherwise = null]) => (Object.hasOwn(dict, str(key)) ? dict[str(key)] : otherwise),
  keys: (dict) => Object.keys(dict),
  values: (dict) => Object.values(dict),
  items: (dict) => Object.entries(dict).map((entry) => new Tuple(entry)),
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: they end lines.
const lineEnd = /\r\n|[\n\r\v\f\u001c-\u001e\u0085\u2028\u2029]/;

/** `str.splitlines()`: a line end at the end ends the last line. */
function splitLines(text: string): string[] {
  const lines = text.split(lineEnd);
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

function optional(value: Value | undefined): string | undefined {
  return value === undefined || value === null ? undefined : wanted(value);
}

function wanted(value: Value | undefined): string {
  if (typeof value === 'string') return value;
  throw new TemplateError(`expected a str, got ${value === undefined ? 'nothing' : `a ${typeName(value)}`}`);
}

function affixes(value: Value): string[] {
  return value instanceof Tuple ? value.items.map(wanted) : [wanted(value)];
}

/** `str.replace`: an empty `from` is before every character and at the end. */
export function replace(text: string, from: string, to: string, count: number): string {
  const parts = from === '' ? ['', ...text, ''] : text.split(from);
  const most = count < 0 ? parts.length - 1 : Math.min(count, parts.length - 1);
  return (
    parts.slice(0, most + 1).join(to) +
    parts
      .slice(most + 1)
      .map((part) => from + part)
      .join('')
  );
}

/** `str.format` of plain fields: `{}`, `{0}`, `{name}`. */
function format(text: string, args: Value[], keywords: Record<string, Value>): string {
  let next = 0;
  return text.replace(/\{\{|\}\}|\{(\w*)\}/g, (whole, field?: string) => {
    if (field === undefined) return whole[0];
    const value = field === '' ? args[next++] : /^\d+$/.test(field) ? args[Number(field)] : keywords[field];
    if (value === undefined) throw new TemplateError(`format has no value for {${field}}`);
    return str(value);
  });
}
