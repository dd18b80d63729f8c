import { hash } from 'node:crypto';
import type { JsonObject } from '../../src/json.ts';
import { split } from '../../src/python/text.ts';

/**
 * The rows that have these keys, in the order of the keys.
 * @throws Error that says which key no row has.
 */
export function namedRows(
  rows: readonly JsonObject[],
  keyOf: (row: JsonObject) => string,
  keys: readonly string[],
): JsonObject[] {
  const wanted = new Set(keys);
  const byKey = new Map(rows.map((row) => [keyOf(row), row] as const).filter(([key]) => wanted.has(key)));
  return keys.map((key) => {
    const row = byKey.get(key);
    if (!row)
      throw new Error(`expected a row named ${key} among the ${rows.length} that shots are taken from, got none`);
    return row;
  });
}

/** A row's key where its data set numbers none: of its texts, whose whitespace does not count, the first 64 bits of SHA-256. */
export function textKey(columns: readonly string[]): (row: JsonObject) => string {
  return (row) => {
    const texts = columns.map((column) => split(String(row[column])).join(' '));
    return hash('sha256', texts.join('\n')).slice(0, 16);
  };
}

/** A row's key where columns name it. */
export function columnKey(columns: readonly string[]): (row: JsonObject) => string {
  return (row) => columns.map((column) => String(row[column])).join(' ');
}
