import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Row } from '../../../src/dataset/row.ts';
import { fileDocuments, fileFigures, loadTaskFile } from '../../../src/harness/task/task_file.ts';

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
  expect([...made]).toMatchObject([{ context: 'a', choices: ['b', 'c'], gold: 0, doc: { a: 1, twice: 2 }, index: 0 }]);
  expect(made.at(0)).not.toHaveProperty('other');
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

async function figures(name: string, score: string) {
  const path = join(folder, `${name}.mjs`);
  const metric = `{ name: 'length', description: 'tokens of the first choice', higherIsBetter: false, score: ${score} }`;
  await writeFile(path, `export default { ${fields}, ownMetrics: [${metric}], question: () => ({ ${right} }) };`);
  const [task] = await loadTaskFile(path);
  const [document] = await fileDocuments(task, rows, {});
  const scores = [{ logLikelihood: -1, greedy: true, tokens: 3 }];
  return { task, figures: await fileFigures(task, [{ document, scores }]) };
}

test('a metric of its own is called in the thread', async () => {
  const { task, figures: made } = await figures('metric', '(document, scores) => scores[0].tokens + document.gold');
  expect(made).toEqual([{ length: 3 }]);
  expect(() => task.ownMetrics![0].score(null as never, [])).toThrow('are called in its thread');
});

test('a metric that is no number is refused with its document', async () => {
  await expect(figures('no_number', '() => "long"')).rejects.toMatchObject({
    kind: 'dataset',
    message: 'mine.jsonl, line 1: expected length of mine to be a number, got long.',
  });
});
