/** Finding and loading tfjs-node, with packages made for the test in its place. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { tfjs } from '../../../src/backend/tfjs/index.ts';
import {
  findNativePackage,
  loadNativePackage,
  type NativePackage,
  nativePackages,
  recordFile,
  whatIsMissing,
} from '../../../src/backend/tfjs/native_package.ts';
import { temporaryFolder } from '../../model/tiny_checkpoint.ts';

const name = nativePackages.node;

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** A project folder in which the package's main file has the text `main`. */
function project(main = ''): string {
  const folder = temporaryFolder();
  const modules = join(folder, 'node_modules');
  const manifest = { version: '4.22.0', main: 'main.js', binary: { napi_versions: [3, 8, 999] } };
  write(join(modules, name, 'package.json'), JSON.stringify(manifest));
  write(join(modules, name, 'main.js'), main);
  write(join(modules, '@mapbox/node-pre-gyp', 'index.js'), "throw new Error('it is asked for the binding')");
  return folder;
}

/** With a binding, which the main file is told the path of. */
function installed(main: string): NativePackage {
  const found = findNativePackage(name, [join(project(main), 'package.json')])!;
  write(found.binding, '');
  return found;
}

/** A main file that answers as TensorFlow of this version does. */
const answering = (version: string) => `
  const path = require('@mapbox/node-pre-gyp').find();
  require('node:fs').statSync(path);
  if (!require('util').isNullOrUndefined(undefined)) throw new Error('no isNullOrUndefined');
  exports.findBackend = () => ({ binding: { TF_Version: '${version}' } });`;

test('the package is looked for from each place in turn, its binding under the newest Node-API that Node has', () => {
  const [empty, full] = [temporaryFolder(), project()];
  const found = findNativePackage(name, [join(empty, 'a'), join(full, 'sub', 'b')]);
  const folder = join(full, 'node_modules', name);
  expect(found).toEqual({ name, version: '4.22.0', folder, binding: join(folder, 'lib/napi-v8/tfjs_binding.node') });
  expect(findNativePackage(name, [join(empty, 'a')])).toBeUndefined();
});

test('says what is missing, with the commands that help', () => {
  expect(whatIsMissing(nativePackages.cuda, undefined)).toEqual({
    reason: '@tensorflow/tfjs-node-gpu is not installed',
    remedy:
      'Run npm install --ignore-scripts @tensorflow/tfjs-node-gpu@4.22.0 && ' +
      'hon-eval setup tensorflow --package @tensorflow/tfjs-node-gpu',
  });
  const found = findNativePackage(name, [join(project(), 'package.json')])!;
  expect(whatIsMissing(name, found)).toEqual({
    reason: `${found.folder} has no native binding`,
    remedy: 'Run hon-eval setup tensorflow',
  });
  expect(() => loadNativePackage(name, found)).toThrow(
    `TensorFlow cannot be used: ${found.folder} has no native binding. Run hon-eval setup tensorflow.`,
  );
  write(found.binding, '');
  expect(whatIsMissing(name, found)).toBeUndefined();
});

test('loads the package with the functions that Node has taken away, without asking node-pre-gyp', () => {
  expect(loadNativePackage(name, installed(answering('2.21.0'))).tensorflow).toBe('2.21.0');
});

test('refuses a binding that was built for another TensorFlow', () => {
  const found = installed(answering('2.22.0'));
  write(recordFile(found), JSON.stringify({ tensorflow: '2.21.0', libraries: '/elsewhere' }));
  expect(() => loadNativePackage(name, found)).toThrow(
    `The binding of ${name} was built for TensorFlow 2.21.0, and 2.22.0 is there now. Run hon-eval setup tensorflow.`,
  );
});

test('says in one sentence that a binding does not load', () => {
  const reason = 'libtensorflow_cc.so.2: cannot open shared object file';
  const found = installed(`throw new Error('${reason}\\nRequire stack')`);
  expect(() => loadNativePackage(name, found)).toThrow(
    `The native binding of ${name} in ${found.folder} does not load (${reason}). Run hon-eval setup tensorflow.`,
  );
});

test('the backend tells that WebAssembly and JavaScript are everywhere', async () => {
  expect(await tfjs.probe('wasm')).toEqual({ present: true, detail: '1 thread' });
  expect(await tfjs.probe('js')).toEqual({ present: true, detail: '1 thread' });
});
