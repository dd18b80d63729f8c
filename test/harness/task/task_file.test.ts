import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Row } from '../../../src/dataset/row.ts';
import { fileDocuments, loadTaskFile } from '../../../src/harness/task/task_file.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hon-eval-task-'));
});
afterAll(() => rm(folder, { recursive: true }));

const fields = "name: 'mine', title: 'Mine', version: 1, groups: [], metrics: ['acc'], headline: 'acc'";
const rows = [new Row({ a: 1 }, 'mine.jsonl, line 1')];

async function ask(name: string, question: string, seconds = 10) {
  const path = join(folder, `${name}.mjs`);
  await writeFile(path, `export default { ${fields}, ${question} };`);
  const [task] = await loadTaskFile(path);
  return fileDocuments(task, rows, {}, { seconds, megabytes: 256 });
}

const right = "context: 'a', choices: ['b', 'c'], gold: 0";

test('a question is made in the thread, with nothing but what a question has', async () => {
  const made = await ask('good', `question: (row) => ({ ${right}, derived: { twice: 2 * row.json.a }, other() {} })`);
  expect(made).toMatchObject([{ context: 'a', choices: ['b', 'c'], gold: 0, doc: { a: 1, twice: 2 }, index: 0 }]);
  expect(made[0]).not.toHaveProperty('other');
});

test('what does not end is ended', async () => {
  await expect(ask('loop', 'question() { for (;;); }', 1)).rejects.toMatchObject({
    kind: 'usage',
    message: expect.stringMatching(/loop\.mjs cannot be used: does not end within 1 s\.$/),
  });
  const path = join(folder, 'top_loop.mjs');
  await writeFile(path, 'for (;;);');
  await expect(loadTaskFile(path, { seconds: 1, megabytes: 256 })).rejects.toThrow('does not end within 1 s');
});

test('what ends the process ends its thread alone', async () => {
  const path = join(folder, 'exit.mjs');
  await writeFile(path, 'process.exit(0);');
  await expect(loadTaskFile(path)).rejects.toThrow('exit.mjs cannot be used: the thread ended before it answered.');
});
