import { HonEvalError, reason } from '../errors.ts';
import { deepestJson, type Json, type JsonObject } from '../json.ts';
import { lines } from '../lines.ts';
import { Row, rowList } from './row.ts';
import type { FileRows } from './source.ts';

/**
 * Rows of a JSON Lines file, one object a line, read as a stream. All lines are counted; only the first `limit` are
 * parsed. A byte order mark, CRLF and blank lines are passed over.
 */
export async function readJsonl(file: string, limit = Number.POSITIVE_INFINITY): Promise<FileRows> {
  const rows = rowList();
  let total = 0;
  let number = 0;
  for await (const line of lines(file, 'dataset')) {
    number++;
    if (line.trim() === '') continue;
    if (total++ < limit) rows.push(parseLine(line, `${file}, line ${number}`));
  }
  return { rows, total };
}

function parseLine(line: string, place: string): Row {
  let value: Json;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new HonEvalError('dataset', `${place}: expected a JSON object, got a line that is not JSON${where(error)}.`);
  }
  return new Row(asRow(value, place), place);
}

/** Throws a `dataset` error that names the place where the value is not a JSON object. */
export function asObject(value: Json, place: string): JsonObject {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    const came = value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;
    throw new HonEvalError('dataset', `${place}: expected a JSON object with the row's columns, got ${came}.`);
  }
  return value;
}

/** The same of a row, all of whose values can be written down again: an error names the field of one that cannot. */
export function asRow(value: Json, place: string): JsonObject {
  const row = asObject(value, place);
  const check = (item: Json, path: string, depth: number): void => {
    const fail = (expected: string, came: string) =>
      new HonEvalError('dataset', `${place}: expected ${expected} in field "${short(path)}", got ${came}.`);
    if (typeof item === 'number' && !Number.isFinite(item)) throw fail('a number', 'one that is too large to be read');
    if (item === null || typeof item !== 'object') return;
    if (depth > deepestJson) throw fail(`at most ${deepestJson} levels of lists and objects`, 'more');
    for (const [key, child] of Object.entries(item)) check(child, path ? `${path}.${key}` : key, depth + 1);
  };
  for (const [key, item] of Object.entries(row)) check(item, key, 1);
  return row;
}

function short(path: string): string {
  return path.length > 60 ? `${path.slice(0, 60)}…` : path;
}

/** Where `JSON.parse` stopped, if it says so. The rest of its message may quote rows that must not be shown. */
export function where(error: unknown): string {
  const [position] = /at position \d+( \(line \d+ column \d+\))?/.exec(reason(error)) ?? [];
  return position ? ` (${position})` : '';
}
