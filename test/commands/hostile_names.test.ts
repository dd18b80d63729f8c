/** Names that would move a terminal's cursor, or have a runner of workflows do something, are printed without doing so. */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeCheckpoint } from './checkpoint.ts';
import { honEval, sharedFolder } from './program.ts';

const rows = join(import.meta.dirname, '../fixtures/tasks');
const folder = await sharedFolder();
const hostile = ['evil\u001b[31mred\u001b]0;title\u0007\u202e', '::error title=x::pwned', '##[error]pwned'];
for (const name of hostile) {
  mkdirSync(join(folder, name), { recursive: true });
  writeCheckpoint(join(folder, name));
}
const models = hostile.flatMap((name) => ['--model', name]);
const run = await honEval(['run', ...models, '--tasks', 'arc_easy,piqa', '--data', rows, '--output', 'out'], {
  cwd: folder,
});

describe.runIf(process.platform !== 'win32')('names from elsewhere', () => {
  const [one, two] = readdirSync(join(folder, 'out')).map((name) => `out/${name}`);
  const commands = {
    inspect: ['inspect', hostile[0]],
    'table, for a terminal': ['table', 'out'],
    'table, in Markdown': ['table', 'out', '--format', 'markdown'],
    'table, in CSV': ['table', 'out', '--format', 'csv'],
    compare: ['compare', one, two, '--flips'],
    gate: ['gate', '--baseline', one, '--candidate', two],
  };
  const outcomes = Object.entries(commands).map(([name, args]) => [name, honEval(args, { cwd: folder })] as const);

  test.each([['run', Promise.resolve(run)] as const, ...outcomes])('%s prints them harmless', async (_, outcome) => {
    const { stdout, stderr } = await outcome;
    const text = stdout + stderr;
    expect(text).toMatch(/evil|pwned/);
    expect(text.replace(/[\r\n]/g, '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
    expect(text).not.toMatch(/^\s*::/m);
    expect(text).not.toContain('##[');
  });

  test('make no names of files that do either', () => {
    expect(readdirSync(join(folder, 'out')).join('')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
  });
});
