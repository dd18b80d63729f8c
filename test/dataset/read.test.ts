import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { loadRows, readRows } from '../../src/dataset/read.ts';
import type { SnapshotRequest } from '../../src/hub/types.ts';

const fixtures = join(import.meta.dirname, '../fixtures/dataset');
const { downloadSnapshot } = vi.hoisted(() => ({ downloadSnapshot: vi.fn() }));
vi.mock('../../src/hub/download.ts', () => ({ downloadSnapshot }));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hon-eval-read-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function write(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function rowsOf(path: string, limit?: number) {
  const { rows, total } = await readRows(path, limit);
  return { rows: rows.map((row) => row.json), total };
}

describe('jsonl', () => {
  test('passes over a byte order mark, CRLF and blank lines, and counts lines for messages', async () => {
    const path = await write('plain.jsonl', '\ufeff{"a":1}\r\n\r\n{"a":"x\u2028y\u0085z"}\n\n');
    const { rows, total } = await readRows(path);
    expect(rows.map((row) => row.json)).toEqual([{ a: 1 }, { a: 'x\u2028y\u0085z' }]);
    expect(rows.at(1)!.place).toBe(`${path}, line 3`);
    expect(total).toBe(2);
  });

  test('takes a last line without its end, and characters that a read of the file cuts', async () => {
    const long = 'é😀'.repeat(400_000); // 2.4 MB: over the size of one read
    const path = await write('long.jsonl', `{"a":"${long}"}\n{"a":"end"}`);
    expect(await rowsOf(path)).toEqual({ rows: [{ a: long }, { a: 'end' }], total: 2 });
  });

  test('parses no more than the limit, and counts all', async () => {
    const path = await write('limit.jsonl', '{"a":1}\n{"a":2}\nnot parsed\n');
    expect(await rowsOf(path, 2)).toEqual({ rows: [{ a: 1 }, { a: 2 }], total: 3 });
  });

  test.each([
    ['{"a":1}\n{"a":\n', /line 2: expected a JSON object, got a line that is not JSON/],
    ['{"a":1}\n[1]\n', /line 2: expected a JSON object with the row's columns, got an array/],
    ['null\n', /line 1: expected a JSON object with the row's columns, got null/],
    [new Uint8Array([0x7b, 0xff, 0x7d]), /line 1: expected UTF-8 text/],
    [Buffer.from('{"a":1}\n\n"\xc3', 'latin1'), /line 3: expected UTF-8 text/],
    ['{"a":1}\n{"a":{"b":[1,1e400]}}\n', /line 2: expected a number in field "a\.b\.1", got one that is too large/],
    [
      `{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
      /line 1: expected at most 100 levels of lists and objects in field "a\.0/,
    ],
  ])('names the line of what is malformed: %#', async (content, message) => {
    const path = await write('bad.jsonl', content);
    await expect(readRows(path)).rejects.toMatchObject({ kind: 'dataset', message: expect.stringMatching(message) });
    await expect(readRows(path)).rejects.toThrow(path);
  });
});

describe('json', () => {
  test('takes an array, and what the datasets-server answers', async () => {
    const array = await write('array.json', '\ufeff[{"a":1},{"a":2}]');
    expect(await rowsOf(array, 1)).toEqual({ rows: [{ a: 1 }], total: 2 });
    const served = await write('served.json', '{"features":[],"rows":[{"row_idx":0,"row":{"a":1}}]}');
    expect(await rowsOf(served)).toEqual({ rows: [{ a: 1 }], total: 1 });
  });

  test.each([
    ['[{"a":1}, 5]', /row 2: expected a JSON object with the row's columns, got a number/],
    ['{"rows":[{"idx":0}]}', /row 1: expected a JSON object with the row's columns, got null/],
    ['[{"a":1},{"a":-1e999}]', /row 2: expected a number in field "a"/],
    [Buffer.from('[{"a":1},\n{"a":"\xff"}]', 'latin1'), /bad\.json, line 2: expected UTF-8 text/],
    ['{"data":[]}', /expected an array of rows, or an object with "rows"/],
    ['[', /text that does not parse/],
  ])('names the row of what is malformed: %#', async (content, message) => {
    const path = await write('bad.json', content);
    await expect(readRows(path)).rejects.toMatchObject({ kind: 'dataset', message: expect.stringMatching(message) });
  });
});

describe('parquet', () => {
  test.each(['snappy', 'zstd', 'gzip'])('%s gives the rows of its sibling, columns in order', async (name) => {
    const expected = JSON.parse(await readFile(join(fixtures, `${name}.json`), 'utf8'));
    const { rows, total } = await rowsOf(join(fixtures, `${name}.parquet`));
    expect(JSON.stringify(rows)).toBe(JSON.stringify(expected));
    expect(total).toBe(expected.length);
  });

  test('reads no more than the limit, over row groups', async () => {
    const path = join(fixtures, 'zstd.parquet');
    const all = await rowsOf(path);
    for (const limit of [0, 1, 4, 100]) {
      expect(await rowsOf(path, limit)).toEqual({ rows: all.rows.slice(0, limit), total: 8 });
    }
  });

  test('says which file is damaged', async () => {
    const bytes = await readFile(join(fixtures, 'zstd.parquet'));
    for (const damaged of [bytes.subarray(0, 100), bytes.subarray(200), new Uint8Array(0)]) {
      const path = await write('damaged.parquet', damaged);
      await expect(readRows(path)).rejects.toMatchObject({ kind: 'dataset', message: expect.stringContaining(path) });
    }
  });
});

describe('loadRows', () => {
  const dataset = { repo: 'made/up', split: 'test', files: 'sub.set/test-*.json' };

  test('prefers the folder', async () => {
    const path = await write('toy.jsonl', '{"a":1}\n');
    const { rows, origin, total } = await loadRows({ name: 'toy', dataset }, { data: folder });
    expect(rows.at(0)!.json).toEqual({ a: 1 });
    expect({ origin, total }).toEqual({ origin: { kind: 'file', path }, total: 1 });
    expect(downloadSnapshot).not.toHaveBeenCalled();
  });

  test('takes the one file that is named, whatever its name', async () => {
    const path = await write('other name.jsonl', '{"a":1}\n');
    expect((await loadRows({ name: 'toy', dataset }, { data: path })).rows.at(0)!.json).toEqual({ a: 1 });
    const unknown = await write('rows.txt', '');
    await expect(loadRows({ name: 'toy' }, { data: unknown })).rejects.toThrow(
      'expected .jsonl, .json, .parquet, .csv',
    );
  });

  test('joins more rows than a call may have arguments', async () => {
    await write('many.jsonl', '{}\n'.repeat(200_000));
    downloadSnapshot.mockResolvedValue({ folder, commit: 'c0ffee', files: ['many.jsonl'] });
    expect((await loadRows({ name: 'toy', dataset }, {})).rows).toHaveLength(200_000);
  });

  test('lists what it looked for', async () => {
    await expect(loadRows({ name: 'absent', dataset }, { data: folder })).rejects.toThrow(
      `No rows for absent in ${folder}: looked for absent.jsonl, absent.json, absent.parquet, absent.csv.`,
    );
    await expect(loadRows({ name: 'toy' }, { data: join(folder, 'nowhere') })).rejects.toThrow(
      'there is no such folder or file',
    );
    await expect(loadRows({ name: 'toy' }, {})).rejects.toThrow('folder that holds toy.jsonl, toy.json, toy.parquet');
  });

  test('joins the files that the hub has for the split', async () => {
    await write('0.json', '[{"a":1},{"a":2}]');
    await write('1.json', '[{"a":3},{"a":4}]');
    downloadSnapshot.mockResolvedValue({ folder, commit: 'c0ffee', files: ['0.json', '1.json'] });
    const { rows, total, origin } = await loadRows({ name: 'toy', dataset }, { limit: 3 });
    expect(rows.map((row) => row.json)).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }]);
    expect(total).toBe(4);
    expect(origin).toEqual({
      kind: 'hub',
      repo: 'made/up',
      revision: 'main',
      commit: 'c0ffee',
      files: ['0.json', '1.json'],
    });
    const request: SnapshotRequest = downloadSnapshot.mock.lastCall![0];
    expect(request).toMatchObject({ type: 'dataset', repo: 'made/up', revision: 'main' });
    const paths = ['sub.set/test-0.json', 'sub.set/train-0.json', 'sub.set/test-0/x.json', 'subXset/test-0.json'];
    expect(paths.filter((path) => request.select(path))).toEqual(['sub.set/test-0.json']);
  });

  test('says that the hub has no file for the split', async () => {
    downloadSnapshot.mockResolvedValue({ folder, commit: 'c0ffee', files: [] });
    await expect(loadRows({ name: 'toy', dataset }, {})).rejects.toMatchObject({
      kind: 'dataset',
      message: 'The data set made/up@c0ffee has no file that matches sub.set/test-*.json.',
    });
  });
});
