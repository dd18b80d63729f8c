import { HonEvalError } from '../errors.ts';
import type { Json } from '../json.ts';
import { asObject, asRow, where } from './jsonl.ts';
import { Row } from './row.ts';
import type { FileRows } from './source.ts';
import { readText } from './text.ts';

/** Rows of a JSON file: an array of objects, or `{ rows: [{ row }] }` as the hub's datasets-server answers. */
export async function readJson(file: string, limit = Number.POSITIVE_INFINITY): Promise<FileRows> {
  const items = itemsOf(parse(await readText(file), file), file);
  const rows = items.slice(0, limit).map((item, index) => {
    const place = `${file}, row ${index + 1}`;
    return new Row(asRow(item, place), place);
  });
  return { rows, total: items.length };
}

function parse(text: string, file: string): Json {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new HonEvalError('dataset', `${file}: expected JSON, got text that does not parse${where(error)}.`);
  }
}

function itemsOf(value: Json, file: string): Json[] {
  if (Array.isArray(value)) return value;
  const rows = value !== null && typeof value === 'object' ? value.rows : undefined;
  if (Array.isArray(rows)) {
    return rows.map((entry, index) => asObject(entry, `${file}, row ${index + 1}`).row ?? null);
  }
  throw new HonEvalError('dataset', `${file}: expected an array of rows, or an object with "rows"; got neither.`);
}
