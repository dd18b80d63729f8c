import { HonEvalError } from '../errors.ts';
import type { Json, JsonObject } from '../json.ts';
import { LongList } from '../long_list.ts';

/**
 * A checked view of one row. Every reader throws a `dataset` error that names the file, the row and the field. A path
 * goes into nested columns by dots: `choices.text`.
 */
export class Row {
  /** The row as plain JSON, columns in the data set's order. */
  readonly json: JsonObject;
  /** File and row, for messages: `data/arc_easy.jsonl, line 12`. */
  readonly place: string;
  private readonly quotes: boolean;

  /** @param quotes whether errors say what came in place of what was expected */
  constructor(json: JsonObject, place: string, quotes = true) {
    this.json = json;
    this.place = place;
    this.quotes = quotes;
  }

  /** The same row, of which errors tell nothing but file, row and field. */
  unquoted(): Row {
    return new Row(this.json, this.place, false);
  }

  text(path: string): string {
    const value = this.value(path);
    if (typeof value !== 'string') throw this.error(path, 'a string');
    return value;
  }

  textOrNull(path: string): string | null {
    return this.value(path) === null ? null : this.text(path);
  }

  /** An integer, or a string of digits as Python's `int()` takes it. */
  integer(path: string): number {
    const value = this.value(path);
    const number = typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value) ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isSafeInteger(number)) throw this.error(path, 'an integer');
    return number;
  }

  /** A list of strings. */
  texts(path: string): string[] {
    const value = this.value(path);
    if (!Array.isArray(value)) throw this.error(path, 'a list of strings');
    const wrong = value.findIndex((item) => typeof item !== 'string');
    if (wrong >= 0) throw this.error(`${path}.${wrong}`, 'a string');
    return value as string[];
  }

  /** A list of integers. */
  integers(path: string): number[] {
    const value = this.value(path);
    if (!Array.isArray(value)) throw this.error(path, 'a list of integers');
    const wrong = value.findIndex((item) => !Number.isSafeInteger(item));
    if (wrong >= 0) throw this.error(`${path}.${wrong}`, 'an integer');
    return value as number[];
  }

  /** The index in `allowed` of the string at `path`, taken without the whitespace around it. */
  oneOf(path: string, allowed: readonly string[]): number {
    const index = allowed.indexOf(this.text(path).trim());
    const listed = () =>
      this.quotes ? allowed.map((item) => JSON.stringify(item)).join(', ') : `${allowed.length} texts`;
    if (index < 0) throw this.error(path, `one of ${listed()}`);
    return index;
  }

  /** A `dataset` error for a field that is not what it should be. */
  error(path: string, expected: string): HonEvalError {
    const came = this.quotes ? `got ${describe(this.value(path))}` : 'got something else';
    return new HonEvalError('dataset', `${this.place}: expected ${expected} in field "${path}", ${came}.`);
  }

  private value(path: string): Json | undefined {
    let value: Json | undefined = this.json;
    for (const key of path.split('.')) {
      if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return undefined;
      value = (value as JsonObject)[key];
    }
    return value;
  }
}

function describe(value: Json | undefined): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value !== null && typeof value === 'object') return 'an object';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** A list for rows of files of any length. */
export function rowList(): LongList<Row> {
  return new LongList<Row>({
    encode: ({ json, place }) => [json, place],
    decode: (value) => new Row(...(value as [JsonObject, string])),
  });
}
