import path from 'node:path';
import { Config } from '@oclif/core';
import { expect, test } from 'vitest';
import { commands } from '../../src/commands/index.ts';
import { type ParserError, usageSentence } from '../../src/commands/shared/usage.ts';

const config = await Config.load(path.join(import.meta.dirname, '../..'));

/** What is said of a command line that its parser refuses. */
async function said(name: keyof typeof commands, args: string[]): Promise<string> {
  const error = await (commands[name] as typeof commands.compare).run(args, config).then(
    () => expect.fail('nothing is wrong with it'),
    (error: ParserError) => error,
  );
  return usageSentence(error, Object.keys(commands), [name, ...args]);
}

test.each<[keyof typeof commands, string[], string]>([
  ['compare', [], 'Expected FIRST and SECOND after compare, got too few arguments'],
  ['compare', ['a'], 'Expected SECOND after compare, got too few arguments'],
  ['compare', ['a', 'b', 'c'], `Expected no further argument, got c`],
  ['compare', ['a', 'b', '--flps'], 'There is no flag --flps; did you mean --flips?'],
  ['compare', ['a', 'b', '--seed', 'x'], `Expected --seed to be a whole number, got x`],
  ['compare', ['a', 'b', '--confidence', '2'], `Expected --confidence to be a number between 0 and 1, got "2"`],
  ['run', ['--model'], `Expected a value after --model, got none`],
  ['run', ['--model', 'x', '--limit', '0'], `Expected --limit to be a whole number greater than or equal to 1, got 0`],
  ['run', ['--model', 'x', '--backend', 'y'], `Expected --backend to be one of onnx, reference, tfjs, got y`],
  ['run', ['--model', 'x', '--shard', '1/2'], `Expected --plan with --shard`],
  ['plot', ['x'], `Expected --out, which the command cannot do without`],
  ['attention', ['--model', 'x'], `Expected one of --task and --text, and not both`],
  ['attention', ['--model', 'x', '--text', 'a', '--task', 'b'], `Expected one of --task and --text, got both`],
])('%s %j', async (name, args, sentence) => {
  const asks = sentence.endsWith('?') ? sentence : `${sentence}; hon-eval ${name} --help says more.`;
  expect(await said(name, args)).toBe(asks);
});

test('colours of a terminal change nothing', () => {
  const dimmed = new Error(
    'The following error occurred:\n  \u001b[2mMissing required flag out\u001b[22m\nSee more help with --help',
  );
  expect(usageSentence(dimmed, Object.keys(commands), ['plot', 'x'])).toBe(
    'Expected --out, which the command cannot do without; hon-eval plot --help says more.',
  );
});

test('a command that there is not', () => {
  const of = (typed: string) => usageSentence(new Error(`command ${typed} not found`), Object.keys(commands), []);
  expect(of('tabel:results')).toBe('There is no command tabel; did you mean table?');
  expect(of('setup:tensorflw')).toBe('There is no command setup tensorflw; did you mean setup tensorflow?');
});
