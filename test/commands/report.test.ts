import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Script } from 'node:vm';
import { beforeAll, expect, test } from 'vitest';
import { exitCodes } from '../../src/errors.ts';
import { outcomes, writeResults } from '../results/made_results.ts';
import { honEval, sharedFolder } from './program.ts';

let folder: string;
let results: string;
beforeAll(async () => {
  folder = await sharedFolder();
  results = path.join(folder, 'results');
  for (const [model, right] of [
    ['base', '1100'],
    ['hon', '1110'],
  ]) {
    await writeResults(results, model, [outcomes('piqa', right)]);
  }
});

test('report writes a page with its script, and says where', async () => {
  const file = path.join(folder, 'new', 'report.html');
  const { exitCode, stdout, stderr } = await honEval(['report', results, '--out', file, '--title', 'A & B']);
  expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: `${file}\n`, stderr: '' });
  const html = readFileSync(file, 'utf8');
  expect(html).toContain('<h1>A &#38; B</h1>');
  const script = /<script>(.*)<\/script>/s.exec(html)![1];
  expect(() => new Script(script)).not.toThrow();
  expect(script).toContain('new DocumentList(');
});

test('report and plot tell what they made as JSON', async () => {
  const file = path.join(folder, 'chart.svg');
  const { stdout } = await honEval(['plot', results, '--kind', 'margins', '--out', file, '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ file, kind: 'margins', panels: 1, notices: [] });
  expect(readFileSync(file, 'utf8')).toMatch(/^<svg /);
  const report = await honEval(['report', `a=${path.join(results, 'base')}`, '--out', `${file}.html`, '--json']);
  expect(JSON.parse(report.stdout)).toMatchObject({ models: ['a'], benchmarks: ['piqa'], documents: 4 });
});

test.each([
  [['report', 'nowhere'], exitCodes.results, /There are no results at nowhere/],
  [['report'], exitCodes.usage, /RESULTS/],
  [['plot', 'nowhere', '--out', 'chart.eps'], exitCodes.usage, /to end in \.svg, \.png or \.pdf/],
  [['plot', 'nowhere', '--out', 'x.svg', '--kind', 'pie'], exitCodes.usage, /--kind to be one of .*got pie/],
])('%j fails with one line', async (args, code, message) => {
  const { exitCode, stdout, stderr } = await honEval(args, { cwd: folder });
  expect({ exitCode, stdout }).toEqual({ exitCode: code, stdout: '' });
  expect(stderr).toMatch(message);
  expect(stderr.match(/\n/g)).toHaveLength(1);
  expect(existsSync(path.join(folder, 'report.html'))).toBe(false);
});
