import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { writeWhole } from '../../src/output/pending_files.ts';

const folder = mkdtempSync(join(tmpdir(), 'hon-eval-pending-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('what a killed process left of the same file is removed, and nothing else', async () => {
  const dead = 2 ** 22 + 1;
  const of = (file: string, pid: number, host = hostname()) => `.${file}.${host}-${pid}.partial`;
  const kept = [of('page.html', process.ppid), of('page.html', dead, 'elsewhere'), of('other.html', dead)];
  for (const name of [...kept, of('page.html', dead)]) writeFileSync(join(folder, name), 'half');
  await writeWhole(join(folder, 'page.html'), ['whole']);
  expect(readdirSync(folder).sort()).toEqual([...kept, 'page.html'].sort());
});
