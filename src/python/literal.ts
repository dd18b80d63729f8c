/** Python's literals: what `repr` writes and `ast.literal_eval` reads. */
import { formatBoolean, formatFloat, PythonFloat } from './write_json.ts';

/** A value of a template or of a literal; a number is an int where it is whole. */
export type Value = null | boolean | number | string | PythonFloat | Tuple | Value[] | { [key: string]: Value };

/** A tuple, which prints in parentheses and is otherwise a list. */
export class Tuple {
  readonly items: Value[];

  constructor(items: Value[]) {
    this.items = items;
  }
}

/** `str(value)` */
export function str(value: Value): string {
  return typeof value === 'string' ? value : repr(value);
}

/** `repr(value)` */
export function repr(value: Value): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return formatBoolean(value);
  if (typeof value === 'number') return Number.isInteger(value) ? String(BigInt(value)) : formatFloat(value);
  if (typeof value === 'string') return quote(value);
  if (value instanceof PythonFloat) return formatFloat(value.value);
  if (value instanceof Tuple) return `(${value.items.map(repr).join(', ')}${value.items.length === 1 ? ',' : ''})`;
  if (Array.isArray(value)) return `[${value.map(repr).join(', ')}]`;
  return `{${Object.entries(value)
    .map(([key, item]) => `${quote(key)}: ${repr(item)}`)
    .join(', ')}}`;
}

const escapes: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** In double quotes only where that saves escaping. What is not printable is escaped. */
function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = text.replace(/[\\\n\r\t]|(?! )[\p{C}\p{Z}]/gu, (letter) => escapes[letter] ?? escapeCode(letter));
  return mark + (mark === "'" ? body.replaceAll("'", "\\'") : body) + mark;
}

function escapeCode(letter: string): string {
  const code = letter.codePointAt(0)!;
  const [prefix, digits] = code < 0x100 ? ['x', 2] : code < 0x10000 ? ['u', 4] : ['U', 8];
  return `\\${prefix}${code.toString(16).padStart(digits, '0')}`;
}

const tokenPattern =
  /\s*(?:([rRbBuU]?)('''[\s\S]*?'''|"""[\s\S]*?"""|'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*")|([-+]?(?:\d[\d_]*)?\.?\d[\d_]*(?:\.(?!\d))?(?:[eE][-+]?\d+)?)|(True|False|None)|([[\](){},:]))\s*/y;

/**
 * `ast.literal_eval(text)` of strings, numbers, booleans, None, lists, tuples and dictionaries. Throws a SyntaxError for
 * anything else.
 */
export function literalEval(text: string): Value {
  const reader = new LiteralReader(text.replace(/^[ \t]+/, ''));
  const value = reader.value();
  if (!reader.atEnd) throw new SyntaxError(`not a Python literal: ${text.slice(0, 60)}`);
  return value;
}

class LiteralReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    return this.#at === this.#text.length;
  }

  value(): Value {
    const [, prefix, quoted, number, name, mark] = this.#next();
    if (quoted !== undefined) return this.#strings(prefix, quoted);
    if (number !== undefined) return readNumber(number);
    if (name !== undefined) return { True: true, False: false, None: null }[name] ?? null;
    if (mark === '[') return this.#items(']').items;
    if (mark === '{') return this.#pairs();
    if (mark === '(') {
      const { items, comma } = this.#items(')');
      return items.length === 1 && !comma ? items[0] : new Tuple(items);
    }
    throw this.#error();
  }

  /** Strings beside each other are one. */
  #strings(prefix: string, quoted: string): string {
    let text = unquote(prefix, quoted);
    while (/\s*[rRuU]?['"]/y.test(this.#text.slice(this.#at))) {
      const [, nextPrefix, next] = this.#next();
      text += unquote(nextPrefix, next);
    }
    return text;
  }

  #items(close: string): { items: Value[]; comma: boolean } {
    const items: Value[] = [];
    let comma = false;
    while (!this.#take(close)) {
      if (items.length > 0 && !comma) throw this.#error();
      items.push(this.value());
      comma = this.#take(',');
    }
    return { items, comma };
  }

  #pairs(): { [key: string]: Value } {
    const pairs: [string, Value][] = [];
    let comma = true;
    while (!this.#take('}')) {
      if (!comma) throw this.#error();
      const key = this.value();
      if (!this.#take(':')) throw this.#error();
      pairs.push([str(key), this.value()]);
      comma = this.#take(',');
    }
    return Object.fromEntries(pairs);
  }

  #take(mark: string): boolean {
    tokenPattern.lastIndex = this.#at;
    const found = tokenPattern.exec(this.#text);
    if (found?.[5] !== mark) return false;
    this.#at = tokenPattern.lastIndex;
    return true;
  }

  #next(): RegExpExecArray {
    tokenPattern.lastIndex = this.#at;
    const found = tokenPattern.exec(this.#text);
    if (!found) throw this.#error();
    this.#at = tokenPattern.lastIndex;
    return found;
  }

  #error(): SyntaxError {
    return new SyntaxError(`not a Python literal at character ${this.#at}: ${this.#text.slice(0, 60)}`);
  }
}

function readNumber(text: string): Value {
  const digits = text.replaceAll('_', '');
  if (/^[-+]?0+[1-9]\d*$/.test(digits)) throw new SyntaxError(`${text} has leading zeros`);
  return /^[-+]?\d+$/.test(digits) ? Number(digits) : new PythonFloat(Number(digits));
}

const unescapes: Record<string, string> = {
  ...{ '\n': '', '\\': '\\', "'": "'", '"': '"', a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
};

function unquote(prefix: string, quoted: string): string {
  const width = /^('''|""")/.test(quoted) ? 3 : 1;
  const body = quoted.slice(width, -width);
  if (/r/i.test(prefix)) return body;
  return body.replace(
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{1,3})|([\s\S]))/g,
    (whole, x, u, long, octal, letter) => {
      if (octal) return String.fromCodePoint(Number.parseInt(octal, 8));
      if (letter !== undefined) return unescapes[letter] ?? whole;
      return String.fromCodePoint(Number.parseInt(x ?? u ?? long, 16));
    },
  );
}
