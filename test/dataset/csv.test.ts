import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readCsv } from '../../src/dataset/csv.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hon-eval-csv-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(content: string | Uint8Array, limit?: number) {
  const path = join(folder, 'rows.csv');
  await writeFile(path, content);
  const { rows, total } = await readCsv(path, limit);
  return { rows: rows.map((row) => row.json), total, places: rows.map((row) => row.place) };
}

test('takes quotes, commas, quoted line ends, CRLF, a byte order mark and blank lines', async () => {
  const text = '\ufeffa,"b, c"\r\n1,"say ""no"",\r\nthen"\r\n\r\n"", x \r\n"é"d,""""""\n';
  const { rows, total, places } = await read(text);
  expect(rows).toEqual([
    { a: '1', 'b, c': 'say "no",\r\nthen' },
    { a: null, 'b, c': ' x ' },
    { a: 'éd', 'b, c': '""' },
  ]);
  expect(total).toBe(3);
  expect(places[2]).toBe(`${join(folder, 'rows.csv')}, row 3`);
});

test('has null where pandas finds a value missing, and text for everything else', async () => {
  const { rows } = await read('a,b,c\nNA,"None",#N/A N/A\n,nothing,0.50\nnan,N/A ,\n');
  expect(rows).toEqual([
    { a: null, b: null, c: null },
    { a: null, b: 'nothing', c: '0.50' },
    { a: null, b: 'N/A ', c: null },
  ]);
});

test('stops at the limit and counts all', async () => {
  expect(await read('a\n1\n2\n3', 2)).toMatchObject({ rows: [{ a: '1' }, { a: '2' }], total: 3 });
  expect(await read('a\n')).toMatchObject({ rows: [], total: 0 });
});

test('reads fields of megabytes', async () => {
  const long = 'x"\n'.repeat(700_000);
  const { rows } = await read(`a,b\n"${long.replaceAll('"', '""')}",2\n`);
  expect(rows[0].a === long).toBe(true);
});

test('reads a field of quotes alone, however many', async () => {
  const { rows } = await read(`a\n"${'""'.repeat(4_000_000)}"\n`);
  expect(String(rows[0].a).length).toBe(4_000_000);
});

test.each([
  ['a,b\n1,2\n3\n', /rows\.csv, row 2: expected 2 fields, got 1\.$/],
  ['a,b\n1,2,\n', /rows\.csv, row 1: expected 2 fields, got 3\.$/],
  ['a,b\n1,2\n3,"secret', /rows\.csv, row 2: a quoted field does not end; is it a truncated file\?$/],
  ['a,b\n1,"two""\n', /rows\.csv, row 1: a quoted field does not end/],
  ['', /expected a first line with the columns' names, got none\.$/],
  [new Uint8Array([0x61, 0x0a, 0xff]), /expected UTF-8 text/],
])('names the row of what is malformed: %#', async (content, message) => {
  await expect(read(content)).rejects.toMatchObject({ kind: 'dataset', message: expect.stringMatching(message) });
});
