import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetMetadata } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readParquet } from '../../src/dataset/parquet.ts';
import { ParquetFile } from '../../src/dataset/parquet_file.ts';

const fixtures = join(import.meta.dirname, '../fixtures/dataset');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hon-eval-parquet-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function write(bytes: Uint8Array): Promise<string> {
  const path = join(folder, 'rows.parquet');
  await writeFile(path, bytes);
  return path;
}

/** All rows, decoded in this thread. */
async function decode(bytes: Uint8Array): Promise<unknown[]> {
  const file = await ParquetFile.open(await write(bytes));
  const groups: unknown[][] = [];
  for (let group = 0; group < file.groups.length; group++) groups.push(await file.rows(group, file.groups[group]));
  return groups.flat();
}

/** The bytes of a fixture, in whose footer the first ones that are `from` are replaced. */
function replaced(name: string, from: string, to: string): Buffer {
  const bytes = readFileSync(join(fixtures, `${name}.parquet`));
  const at = bytes.indexOf(from, footerOf(bytes), 'latin1');
  if (at < 0) throw new Error(`${name} has no ${from}`);
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(to, 'latin1'), bytes.subarray(at + from.length)]);
}

function footerOf(bytes: Buffer): number {
  return bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8);
}

/** Where the bytes of pages lie, without their headers. */
function pages(bytes: Buffer): { begin: number; end: number }[] {
  const found: { begin: number; end: number }[] = [];
  for (const { columns } of parquetMetadata(bytes).row_groups)
    for (const { meta_data: column } of columns) {
      const offset = Number(column!.dictionary_page_offset ?? column!.data_page_offset);
      const reader = { view: new DataView(Uint8Array.from(bytes).buffer), offset };
      while (reader.offset < offset + Number(column!.total_compressed_size)) {
        const { compressed_page_size: length } = parquetHeader(reader);
        found.push({ begin: reader.offset, end: reader.offset + length });
        reader.offset += length;
      }
    }
  return found;
}

describe('checksums of pages', () => {
  test('are held against what is there: each changed byte of a page is seen', async () => {
    const bytes = await readFile(join(fixtures, 'checksums.parquet'));
    const expected = JSON.parse(await readFile(join(fixtures, 'checksums.json'), 'utf8'));
    expect(await decode(bytes)).toEqual(expected);
    const places = pages(bytes);
    expect(places.length).toBeGreaterThan(20);
    for (const { begin, end } of places)
      for (let at = begin; at < end; at += 5) {
        const changed = Buffer.from(bytes);
        changed[at] ^= 1 << (at % 8);
        await expect(decode(changed), `byte ${at}`).rejects.toThrow('the checksum of a page is not that of its bytes');
      }
  });
});

describe('counts of the footer', () => {
  /** Of thrift's compact protocol: the field after the last (0x16), an integer of zigzag coding. */
  const counted = (rows: number) => String.fromCharCode(0x16, 2 * rows, 0x19);

  test('of all rows are held against those of the row groups', async () => {
    const changed = replaced('snappy', counted(8), counted(7));
    const reading = readParquet(await write(changed));
    await expect(reading).rejects.toMatchObject({ kind: 'dataset' });
    await expect(reading).rejects.toThrow('its footer counts 7 rows, and its row groups have 8');
  });
});

describe('a file that is damaged', () => {
  test.each([
    ['cut', (bytes: Buffer) => bytes.subarray(0, 1000)],
    ['without its end', (bytes: Buffer) => bytes.subarray(0, -1)],
    ['without its beginning', (bytes: Buffer) => bytes.subarray(200)],
    ['empty', () => Buffer.alloc(0)],
  ])('%s is refused by its name', async (_, damage) => {
    const path = await write(damage(await readFile(join(fixtures, 'zstd.parquet'))));
    const reading = readParquet(path);
    await expect(reading).rejects.toMatchObject({ kind: 'dataset' });
    await expect(reading).rejects.toThrow(`${path}: expected a Parquet file, got one that cannot be read (`);
  });

  test('never gives fewer rows than it says', async () => {
    const bytes = await readFile(join(fixtures, 'snappy.parquet'));
    for (let at = 0; at < bytes.length; at += 13) {
      const changed = Buffer.from(bytes);
      changed[at] ^= 1 << (at % 8);
      const rows = await decode(changed).catch(() => undefined);
      if (rows) expect(rows, `byte ${at}`).toHaveLength(8);
    }
  });
});

test('stops with the signal', async () => {
  const stop = new AbortController();
  const reading = readParquet(join(fixtures, 'zstd.parquet'), undefined, stop.signal);
  stop.abort(new Error('enough'));
  await expect(reading).rejects.toThrow('enough');
});
