import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Row } from '../../src/dataset/row.ts';
import { processRows } from '../../src/harness/load_task.ts';
import { documentMaker } from '../../src/harness/task/ask.ts';
import { requestsOf } from '../../src/harness/task/prompt.ts';
import { selectTasks } from '../../src/harness/task/registry.ts';
import type { JsonObject } from '../../src/json.ts';
import { sha256 } from '../../src/sha256.ts';
import { columnKey, namedRows, textKey } from '../../tasks/shared/named_rows.ts';
import { olmesShots } from '../../tasks/shared/olmes_shots.ts';

/** What `test/python/olmes_requests.py` has written with the standard's own code. */
const frozen: Record<string, { shots: JsonObject[]; rows: JsonObject[]; keys: string; rc: string; mc: string }> =
  JSON.parse(readFileSync(join(import.meta.dirname, '../fixtures/tasks/olmes.json'), 'utf8'));

const asRows = (rows: readonly JsonObject[]) => rows.map((json, i) => new Row(json, `row ${i}`));

describe.each(Object.entries(frozen))('%s', (name, { shots, rows, keys, ...expected }) => {
  test.each(['rc', 'mc'] as const)("%s asks what the standard's own code asks, to the byte", async (form) => {
    const [task] = await selectTasks([`${name}_${form}_olmes`]);
    const asked = asRows(rows).map(documentMaker(task, { pool: asRows(shots) }));
    const requests = asked.map((document) => requestsOf(document, task));
    expect(sha256(JSON.stringify([requests, asked.map(({ gold }) => gold)]))).toBe(expected[form]);
  });

  test('shows the rows that the standard shows', () => {
    const own = (olmesShots as Record<string, readonly string[]>)[name] ?? [];
    expect(sha256(JSON.stringify(own))).toBe(keys);
  });
});

test('rows are found by their columns or their texts, in the order of the keys, and a missing one is named', () => {
  const rows = [
    { id: 7, text: 'two  words ' },
    { id: 8, text: 'two\nwords too' },
  ];
  const [first, second] = rows.map(textKey(['text', 'id']));
  expect(namedRows(rows, textKey(['text', 'id']), [second, first])).toEqual([rows[1], rows[0]]);
  expect(textKey(['text', 'id'])({ id: 7, text: ' two words' })).toBe(first);
  expect(namedRows(rows, columnKey(['id']), ['8'])).toEqual([rows[1]]);
  expect(() => namedRows(rows, columnKey(['id']), ['9'])).toThrow(
    'expected a row named 9 among the 2 that shots are taken from, got none',
  );
});

test('of many rows a thousand are drawn as the standard draws them, of those that shots come from the named ones', async () => {
  const [task] = await selectTasks(['boolq_rc_olmes']);
  const rows = Array.from({ length: 1600 }, (_, idx) => ({ idx }));
  const asked = processRows(task, asRows(rows), 'asked').map(({ json }) => json.idx);
  // `random.Random(1234).sample(range(1600), 1000)` of CPython.
  expect([asked.length, ...asked.slice(0, 3), asked.at(-1)]).toEqual([1000, 1593, 902, 239, 745]);
  expect(processRows(task, asRows(rows), 'shots').map(({ json }) => json.idx)).toEqual([0, 1, 7, 11, 3, 4, 5]);
});
