/** Readers of data sets. */
import { readCsv } from '../../../src/dataset/csv.ts';
import { readJson } from '../../../src/dataset/json.ts';
import { readJsonl } from '../../../src/dataset/jsonl.ts';
import { ParquetFile } from '../../../src/dataset/parquet_file.ts';
import type { FileRows } from '../../../src/dataset/source.ts';
import { HonEvalError } from '../../../src/errors.ts';
import { damage, damageJson, type Random } from '../mutate.ts';
import { fixture, pick, type Reader, spoiltJson } from './reader.ts';

const parquets = ['snappy', 'zstd', 'gzip', 'checksums'].map((name) => fixture(`dataset/${name}.parquet`));
const jsonRows = fixture('dataset/snappy.json').toString();
const jsonLines = fixture('tasks/hellaswag.jsonl').toString().trimEnd().split('\n');
const csv = fixture('tasks/gpqa_diamond.csv');

async function checkRows(reading: Promise<FileRows>): Promise<void> {
  const { rows, total } = await reading;
  if (rows.length !== total) throw new Error(`${rows.length} of ${total} rows`);
  // They are written down again with the results.
  for (const { json } of rows) JSON.stringify(json);
}

/** Some first lines, one of them damaged as JSON. */
function spoiltLines(next: Random): Buffer {
  const chosen = jsonLines.slice(0, 1 + next(jsonLines.length));
  const at = next(chosen.length);
  return Buffer.from(chosen.map((line, i) => (i === at ? damageJson(line, next) : line)).join('\n'));
}

/** What the Parquet reader throws is a sentence about the file; `readParquet` makes our own error of it. */
function refused(error: unknown): never {
  throw new HonEvalError('dataset', error instanceof Error ? error.message : String(error));
}

export const rowReaders: Reader[] = [
  {
    name: 'rows.parquet',
    isBounded: true,
    make: (next) => damage(pick(next, parquets), next),
    async read(path) {
      const file = await ParquetFile.open(path).catch(refused);
      for (const [group, count] of file.groups.entries()) {
        const rows = await file.rows(group, count).catch(refused);
        if (rows.length !== count) throw new Error(`${rows.length} of ${count} rows`);
        for (const row of rows) JSON.stringify(row);
      }
    },
  },
  {
    name: 'rows.jsonl',
    make: (next) => (next(2) ? spoiltLines(next) : damage(Buffer.from(jsonLines.join('\n')), next)),
    read: (path) => checkRows(readJsonl(path)),
  },
  { name: 'rows.json', make: (next) => spoiltJson(next, jsonRows), read: (path) => checkRows(readJson(path)) },
  { name: 'rows.csv', make: (next) => damage(csv, next), read: (path) => checkRows(readCsv(path)) },
];
