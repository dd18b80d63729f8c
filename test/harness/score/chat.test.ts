import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openCheckpoint } from '../../../src/checkpoint/open.ts';
import { Row } from '../../../src/dataset/row.ts';
import type { OpenModel } from '../../../src/harness/open_run.ts';
import { askByTemplate, type ChatOptions } from '../../../src/harness/score/chat.ts';
import { documentMaker } from '../../../src/harness/task/ask.ts';
import { requestsOf } from '../../../src/harness/task/prompt.ts';
import type { Task } from '../../../src/harness/task/task.ts';

const plain = '{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}<assistant>';
const strict = `{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}${plain}`;
let folder: string;
let model: OpenModel;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hon-eval-chat-'));
  const file = path.join(folder, 'tokenizer_config.json');
  const named = [
    { name: 'default', template: plain },
    { name: 'strict', template: strict },
  ];
  await writeFile(file, JSON.stringify({ chat_template: named }));
  const checkpoint = await openCheckpoint('test/fixtures/multihop/standard');
  model = { checkpoint: { ...checkpoint, tokenizerConfigFile: file } } as OpenModel;
});
afterAll(() => rm(folder, { recursive: true }));

const task: Task = {
  ...{ name: 'toy', title: 'Toy', version: 1, groups: [], metrics: ['acc'], headline: 'acc' },
  shots: { sampler: 'first_n', excludesAsked: false },
  question: (row) => ({ context: `Q: ${row.text('q')}\nA:`, choices: ['yes', 'no'], gold: 1 }),
};

async function ask(options: ChatOptions, own: Task = task): Promise<[string, string][]> {
  const rows = ['one', 'two'].map((q) => new Row({ q }, 'made'));
  const asked = rows.slice(1).map(documentMaker(own, { count: 1, pool: rows, system: options.system }));
  const loaded = { task: own, documents: asked, available: 2, provenance: '', shots: 1 };
  const { tasks } = await askByTemplate(model, [loaded], options);
  return requestsOf(tasks[0].documents.at(0)!, own);
}

// The strings of lm-evaluation-harness's `fewshot_context`, by its messages.
test('shots are turns, and a choice follows the template without a delimiter', async () => {
  expect(await ask({ multiturn: true, system: 'Be brief.' })).toEqual([
    ['<system>Be brief.<user>Q: one\nA:<assistant>no<user>Q: two\nA:<assistant>', 'yes'],
    ['<system>Be brief.<user>Q: one\nA:<assistant>no<user>Q: two\nA:<assistant>', 'no'],
  ]);
});

test('shots are one with the question', async () => {
  const [[context]] = await ask({ multiturn: false, system: 'Be brief.' });
  expect(context).toBe('<system>Be brief.<user>Q: one\nA: no\n\nQ: two\nA:<assistant>');
});

test('a template without the role of a system is asked without it', async () => {
  const [[context]] = await ask({ name: 'strict', multiturn: true, system: 'Be brief.' });
  expect(context).toBe('<user>Q: one\nA:<assistant>no<user>Q: two\nA:<assistant>');
  await expect(ask({ name: 'other', multiturn: true })).rejects.toThrow('to be named other, got default, strict');
});

test('choices that are read have a conversation each, and what goes on with them is scored', async () => {
  const reading: Task = {
    ...task,
    question: (row) => ({ context: '', choices: ['Ann', 'Bo'], gold: 0, continuation: row.text('q') }),
  };
  expect(await ask({ multiturn: true }, reading)).toEqual([
    ['<user>Ann<assistant>one<user>Ann<assistant>', 'two'],
    ['<user>Ann<assistant>one<user>Bo<assistant>', 'two'],
  ]);
});
