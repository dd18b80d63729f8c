/** Every field that `--json` prints is one of docs/json.md. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { commands } from '../../src/commands/index.ts';
import type { Json } from '../../src/json.ts';
import { honEval, sharedFolder } from './program.ts';

const folder = await sharedFolder();
const fixtures = join(import.meta.dirname, '../fixtures');
const [standard, hon] = ['standard', 'hon-qk-shared'].map((name) => join(fixtures, 'multihop', name));
const scoring = ['-t', 'multihop', '--data', join(fixtures, 'multihop'), '--limit', '12', '-q'];

/** Documented fields of a command, as patterns. */
function documented(command: string): RegExp[] {
  const text = readFileSync(join(import.meta.dirname, '../../docs/json.md'), 'utf8');
  const [, fields] = new RegExp(`^## ${command}\n[^#]*?\`\`\`text\n([^\`]*)\`\`\``, 'm').exec(text) ?? [];
  if (!fields) throw new Error(`docs/json.md has no fields of ${command}.`);
  const pattern = (path: string) =>
    path.replace(/[.[\]]/g, '\\$&').replace(/\*+/g, (stars) => (stars === '**' ? '.+' : '[^.]+'));
  return fields
    .trimEnd()
    .split('\n')
    .map((line) => new RegExp(`^${pattern(line.split(/\s{2,}/)[0])}$`));
}

/** Paths of all fields with a value of their own: `models[].files.results`. */
function paths(value: Json, path = ''): string[] {
  if (value === null || typeof value !== 'object') return [path];
  if (Array.isArray(value)) return value.flatMap((each) => paths(each, `${path}[]`));
  return Object.entries(value).flatMap(([key, each]) => paths(each ?? null, path ? `${path}.${key}` : key));
}

beforeAll(async () => {
  const { exitCode, stderr } = await honEval(['run', '-m', standard, '-m', hon, ...scoring], { cwd: folder });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
});

const [a, b] = [standard, hon].map((model) => join('results', model.replaceAll('/', '__')));

test.each(Object.keys(commands))('docs/json.md has %s', (command) => {
  const name = command.replace(':', ' ');
  const told = readFileSync(join(import.meta.dirname, '../../docs/json.md'), 'utf8');
  expect(told).toMatch(new RegExp(`^## ${name}$|^\`${name}\` prints|, and \`${name}\` of`, 'm'));
});

describe('--json', () => {
  test.each<[command: string, args: string[]]>([
    ['run', ['run', '-m', standard, ...scoring]],
    ['table', ['table', 'results']],
    ['table', ['table', '--paper', 'table1', '--format', 'json']],
    ['compare', ['compare', a, b, '--flips']],
    ['compare --signal', ['compare', a, b, '--signal']],
    ['gate', ['gate', '--baseline', a, '--candidate', b]],
    ['gate', ['gate', '--baseline', a, '--candidate', 'nowhere']],
    ['gate', ['gate', '--baseline', a, '-m', standard, '--data', join(fixtures, 'multihop'), '-q']],
    ['report', ['report', 'results']],
    ['plot', ['plot', 'results', '--out', 'chart.svg']],
    ['export', ['export', a, '--to', 'model-index', '--out', 'card']],
    ['log', ['log', a, '--to', 'tensorboard=logs']],
    ['inspect', ['inspect', hon]],
    ['attention', ['attention', '-m', standard, '-m', hon, '--text', 'Ann', '-q']],
    ['retrofit', ['retrofit', '-m', standard, '-o', 'new', '-q']],
    ['plan', ['plan', '-m', standard, ...scoring, '--shards', '2']],
    ['submit', ['submit', '--slurm', '--dry-run']],
    ['doctor', ['doctor']],
    ['tasks', ['tasks']],
  ])('of %s is as documented (%j)', async (command, args) => {
    const { stdout } = await honEval(args.includes('json') ? args : [...args, '--json'], { cwd: folder });
    const printed = JSON.parse(stdout);
    expect(printed.version).toBe(1);
    const patterns = documented(command);
    const unknown = paths(printed).filter((path) => !patterns.some((pattern) => pattern.test(path)));
    expect([...new Set(unknown)]).toEqual([]);
    expect(stdout).not.toMatch(/^ +"[a-z]+[A-Z]\w*": /m);
  });
});
