/** The package as npm would publish it, in a folder of its own. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { filesBelow, sharedFolder } from './commands/program.ts';

const root = join(import.meta.dirname, '..');
const folder = await sharedFolder();
const installed = join(folder, 'node_modules', 'hon-eval');

/** Packs, and installs what was packed beside the packages that it needs, without asking a registry for them. */
function install(): void {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const options = { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' } as const;
  const packed = execFileSync(npm, ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], options);
  execFileSync('tar', ['-xzf', join(folder, JSON.parse(packed)[0].filename), '-C', folder]);
  mkdirSync(join(folder, 'node_modules'));
  cpSync(join(folder, 'package'), installed, { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(installed, 'node_modules'), 'junction');
}

install();

test('the package holds the program, its documents and the demo, and nothing of the build', () => {
  const files = filesBelow(join(folder, 'package'));
  expect(files).toEqual(
    expect.arrayContaining([
      'README.md',
      'bin/run.js',
      'dist/src/index.d.ts',
      'dist/src/report/html/browser.js',
      'docs/parity.md',
      'src/checkpoint/modeling_hon.py',
      'test/fixtures/multihop/standard/config.json',
    ]),
  );
  expect(files.filter((file) => /tsbuildinfo|\.test\.|^src\/(?!checkpoint\/modeling_hon\.py)/.test(file))).toEqual([]);
});

test('the demo runs from it', () => {
  const demo = join(installed, 'test/fixtures/multihop');
  const args = ['run', '--model', join(demo, 'standard'), '--tasks', 'multihop_1', '--data', demo, '--limit', '20'];
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(installed, 'bin/run.js'), ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^Model +1 hop$[\s\S]* 1\.000‡?$/m);
  expect(existsSync(join(folder, 'results'))).toBe(true);
});

test('programs import it as docs/api.md shows', () => {
  const [, example] = /```js\n([\s\S]*?)```/.exec(readFileSync(join(root, 'docs/api.md'), 'utf8'))!;
  writeFileSync(join(folder, 'example.mjs'), example);
  const { status, stdout, stderr } = spawnSync(process.execPath, ['example.mjs'], { cwd: folder, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/standard: multihop_1$/m);
  expect(stdout).toMatch(/^.*standard multihop_1 1$/m);
  expect(stdout).toMatch(/^\| Model +\| 1 hop/m);
  expect(stdout).toMatch(/^(pass|regression|undecided) 4$/m);
  expect(stdout).toMatch(/^checkpoint There is no folder "\.\/nowhere"/m);
});
