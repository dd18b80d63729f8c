import { HonEvalError, reason } from '../errors.ts';
import type { Json, JsonObject } from '../json.ts';
import { lines } from '../lines.ts';
import { Row } from './row.ts';
import type { FileRows } from './source.ts';

/**
 * Rows of a JSON Lines file, one object a line, read as a stream. All lines are counted; only the first `limit` are
 * parsed. A byte order mark, CRLF and blank lines are passed over.
 */
export async function readJsonl(file: string, limit = Number.POSITIVE_INFINITY): Promise<FileRows> {
  const rows: Row[] = [];
  let total = 0;
  let number = 0;
  for await (const line of lines(file)) {
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
  return new Row(asObject(value, place), place);
}

/** Throws a `dataset` error that names the place where the value is not a JSON object. */
export function asObject(value: Json, place: string): JsonObject {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    const came = value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;
    throw new HonEvalError('dataset', `${place}: expected a JSON object with the row's columns, got ${came}.`);
  }
  return value;
}

/** Where `JSON.parse` stopped, if it says so. The rest of its message may quote rows that must not be shown. */
export function where(error: unknown): string {
  const [position] = /at position \d+( \(line \d+ column \d+\))?/.exec(reason(error)) ?? [];
  return position ? ` (${position})` : '';
}
