import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { exitCodes } from '../../src/errors.ts';
import { writeCheckpoint } from './checkpoint.ts';
import { filesBelow, honEval, sharedFolder } from './program.ts';

let folder: string;
beforeAll(async () => {
  folder = await sharedFolder();
  writeCheckpoint(join(folder, 'standard'));
  writeCheckpoint(join(folder, 'hon'), { hon: { order: 2, projections: ['q', 'k'], inner: 'shared' } });
  writeFileSync(join(folder, 'piqa.jsonl'), '{"goal": "warm", "sol1": "no", "sol2": "lid", "label": 1}\n');
});

/** `hon-eval attention` of a standard and a Hon model in the test's folder. */
function attention(...args: string[]) {
  return honEval(['attention', '--model', 'standard', '--model', 'hon', '--device', 'cpu', ...args], { cwd: folder });
}

test('prints the numbers of every map, and writes what it is asked for', async () => {
  const out = ['--out', 'maps/a.png', '--out', 'maps/a.svg', '--out', 'maps/a.json'];
  const { exitCode, stdout, stderr } = await attention('--text', 'a cab', ...out);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const lines = stdout.trimEnd().split('\n');
  const rows = lines.filter((line) => / {2,}\d\.\d{3} /.test(line)).map((line) => line.split(/ {2,}/)[0]);
  expect(rows).toEqual(['standard', 'outer', 'inner, the same for queries and keys']);
  expect(lines.filter((line) => /, d_k = \d+$/.test(line)).map((line) => line.split(',')[0])).toEqual([
    'standard',
    'hon',
  ]);
  expect(lines.slice(-3)).toEqual(['maps/a.png', 'maps/a.svg', 'maps/a.json']);
  expect(filesBelow(join(folder, 'maps'))).toEqual(['a.json', 'a.png', 'a.svg']);
  expect(readFileSync(join(folder, 'maps', 'a.svg'), 'utf8')).toContain('>␣<');
});

test('--json prints the same numbers, of a document too', async () => {
  const { stdout } = await attention('--task', 'piqa', '--data', '.', '--json');
  const { models, files } = JSON.parse(stdout);
  expect(files).toEqual([]);
  expect(models.map(({ model }: { model: string }) => model)).toEqual(['standard', 'hon']);
  expect(models[1].tokens.join('')).toBe('Question: warm\nAnswer: lid');
  const [outer, inner] = models[1].attentions;
  expect([outer.attention, inner.attention]).toEqual(['outer', 'inner.qk']);
  expect(outer.rank_of_log_weights).toBeLessThanOrEqual(models[1].head_size);
});

describe('one sentence says what is wrong with', () => {
  test.each([
    ['neither a text nor a task', [], /one of --task and --text/],
    ['both of them', ['--text', 'a', '--task', 'piqa'], /text/],
    ['an empty text', ['--text', ''], /The text is empty/],
    ['a text longer than the window', ['--text', 'x'.repeat(513)], /513 tokens.*window of standard, 512 tokens/],
    ['a document without a task', ['--text', 'a', '--document', '1'], /--task/],
    ['a document that is not there', ['--task', 'piqa', '--data', '.', '--document', '1'], /no document 1 in piqa/],
    ['an unknown format', ['--text', 'a', '--out', 'new/a.pdf'], /new\/a\.pdf does not end in \.png, \.svg/],
  ])('%s', async (_, args, says) => {
    const { exitCode, stdout, stderr } = await attention(...args);
    expect(stderr).toMatch(says);
    expect(stderr).toMatch(/^hon-eval: [^\n]+\.\n$/);
    expect({ exitCode, stdout }).toEqual({ exitCode: exitCodes.usage, stdout: '' });
    expect(existsSync(join(folder, 'new'))).toBe(false);
  });

  test('a model that is not there', async () => {
    const { exitCode, stderr } = await honEval(['attention', '--model', 'nowhere', '--text', 'a'], { cwd: folder });
    expect(stderr).toMatch(/^hon-eval: There is no folder "nowhere"/);
    expect(exitCode).toBe(exitCodes.checkpoint);
  });
});
