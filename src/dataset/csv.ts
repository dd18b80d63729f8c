import { HonEvalError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { Row } from './row.ts';
import type { FileRows } from './source.ts';
import { readText } from './text.ts';

/** What pandas, and with it Python's `datasets`, takes for a missing value. */
const missing = new Set(
  ' #N/A #N/A_N/A #NA -1.#IND -1.#QNAN -NaN -nan 1.#IND 1.#QNAN <NA> N/A NA NULL NaN None n/a nan null'
    .split(' ')
    .map((text) => text.replace('_', ' ')),
);

/**
 * Rows of a CSV file (RFC 4180) under its first line's column names. Every field is a string, or null where pandas would
 * take it for missing. A quoted field may hold line ends; blank lines are passed over.
 */
export async function readCsv(file: string, limit = Number.POSITIVE_INFINITY): Promise<FileRows> {
  const text = await readText(file);
  const [columns, ...records] = parseRecords(text, file);
  if (!columns) throw new HonEvalError('dataset', `${file}: expected a first line with the columns' names, got none.`);
  const rows = records.slice(0, limit).map((fields, index) => {
    const place = `${file}, row ${index + 1}`;
    if (fields.length !== columns.length) {
      throw new HonEvalError('dataset', `${place}: expected ${columns.length} fields, got ${fields.length}.`);
    }
    return new Row(rowOf(columns, fields), place);
  });
  return { rows, total: records.length };
}

function rowOf(columns: string[], fields: string[]): JsonObject {
  return Object.fromEntries(columns.map((column, i) => [column, missing.has(fields[i]) ? null : fields[i]]));
}

/** What is not quoted of a field, with what ends it. */
const rest = /([^,\r\n]*)(,|\r\n|\n|\r|$)/y;

function parseRecords(text: string, file: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  let at = 0;
  while (at < text.length || record.length > 0) {
    const start = at;
    const close = text[at] === '"' ? closingQuote(text, at) : undefined;
    if (close === -1) {
      const place = `${file}, row ${Math.max(1, records.length)}`;
      throw new HonEvalError('dataset', `${place}: a quoted field does not end; is it a truncated file?`);
    }
    const quoted = close === undefined ? '' : text.slice(at + 1, close).replaceAll('""', '"');
    rest.lastIndex = close === undefined ? at : close + 1;
    const [, unquoted, end] = rest.exec(text)!;
    at = rest.lastIndex;
    // Text after a closing quote belongs to the field, as pandas has it.
    record.push(quoted + unquoted);
    if (end === ',') continue;
    const blank = at - start === end.length && record.length === 1;
    if (!blank) records.push(record);
    record = [];
  }
  return records;
}

/** Where the quoted field that begins at `start` ends; -1 where it does not. Two quotes within it stand for one. */
function closingQuote(text: string, start: number): number {
  let at = text.indexOf('"', start + 1);
  while (at >= 0 && text[at + 1] === '"') at = text.indexOf('"', at + 2);
  return at;
}
