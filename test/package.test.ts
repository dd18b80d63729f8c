import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { honEval } from './commands/program.ts';

const root = join(import.meta.dirname, '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Paths of the program's files, relative to the package. */
function sources(...folders: string[]): string[] {
  const all = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  );
  return all.filter((file) => /\.(ts|js)$/.test(file));
}

/** Packages that files import, by name: `@scope/name` of `@scope/name/part`. */
function importedPackages(files: string[]): Set<string> {
  const specifiers = files.flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    const found = text.matchAll(/(?:^import .*from |^\} from |^export .*from |^import |\bimport\()'([^'.][^']*)'/gm);
    return [...found].map(([, specifier]) => specifier);
  });
  const names = specifiers.map((specifier) => /^(@[^/]+\/)?[^/]+/.exec(specifier)![0]);
  return new Set(names.filter((name) => !name.startsWith('node:') && !builtinModules.includes(name)));
}

describe('package.json', () => {
  const program = sources('src', 'tasks', 'bin');

  test('lists the packages that the program imports', () => {
    expect(Object.keys(manifest.dependencies)).toEqual(expect.arrayContaining([...importedPackages(program)]));
  });

  test('lists no package that the program does without', () => {
    const text = [
      ...program.map((file) => readFileSync(join(root, file), 'utf8')),
      JSON.stringify(manifest.oclif),
    ].join();
    // By any mention, as a package of fonts is not imported, and one of commands stands in `oclif`.
    expect(Object.keys(manifest.dependencies).filter((name) => !new RegExp(`['"]${name}['"/]`).test(text))).toEqual([]);
  });

  test('lists the packages that the tests import', () => {
    const listed = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(listed).toEqual(expect.arrayContaining([...importedPackages(sources('test'))]));
  });

  test('names files that the build makes', () => {
    const { types, default: main } = manifest.exports['.'];
    for (const file of [...Object.values(manifest.bin as object), types, main, manifest.oclif.commands.target]) {
      expect(existsSync(join(root, file)), file).toBe(true);
    }
  });

  test('has a lock file that works with any registry', () => {
    const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
    expect(Object.keys(packages).length).toBeGreaterThan(Object.keys(manifest.dependencies).length);
    expect(Object.values<object>(packages).filter((entry) => 'resolved' in entry)).toEqual([]);
  });
});

test('every source file is short enough to be read at once', () => {
  const lines = (file: string) => readFileSync(join(root, file), 'utf8').split('\n').length;
  expect(sources('src', 'tasks', 'bin').filter((file) => lines(file) > 300)).toEqual([]);
});

test('every task file is listed by tasks', async () => {
  const files = sources('tasks')
    .filter((file) => !file.includes('shared'))
    .map((file) => import(join(root, file)));
  const exported = (await Promise.all(files)).flatMap((module) => module.default as { name: string }[]);
  const { stdout } = await honEval(['tasks', '--json']);
  const listed = JSON.parse(stdout).tasks.map(({ name }: { name: string }) => name);
  expect(listed.toSorted()).toEqual(exported.map(({ name }) => name).sort());
});

describe('what takes long to load is loaded only to run', () => {
  const slow = [
    'onnxruntime-node',
    '@huggingface/hub',
    '@huggingface/tokenizers',
    'hyparquet',
    'protobufjs',
    'yaml',
    'zod',
  ];
  const refuse = `import { registerHooks } from 'node:module';
    const slow = ${JSON.stringify(slow)};
    registerHooks({ resolve(name, context, next) {
      if (slow.includes(name)) throw new Error('refused ' + name);
      return next(name, context);
    } });`;
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(refuse)}` };

  test.each([[['--help']], [['run', '--help']], [['--version']]])('%j does without', async (args) => {
    expect(await honEval(args, { env })).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('run does not', async () => {
    expect(await honEval(['run', '--model', 'nowhere'], { env })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^hon-eval: This is a bug in hon-eval: refused \S+ \(DEBUG=1 tells where\)\.\n$/),
    });
  });
});
