/** The checks before a binding is built, with compilers and TensorFlows made for the test. */
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkAbi, machineOf, usesNewStrings } from '../../../src/backend/tfjs/setup/abi.ts';
import { type Compiler, findCompiler, findNodeHeaders } from '../../../src/backend/tfjs/setup/compiler.ts';
import { buildBinding, findSources, findToolchain } from '../../../src/backend/tfjs/setup/index.ts';
import { atLeast, firstError } from '../../../src/backend/tfjs/setup/requirement.ts';
import { findTensorflow, type TensorflowFolder } from '../../../src/backend/tfjs/setup/tensorflow.ts';
import { temporaryFolder } from '../../model/tiny_checkpoint.ts';

const name = '@tensorflow/tfjs-node';
const onLinux = process.platform === 'linux';

function write(file: string, content: string | Uint8Array = ''): string {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

/** A program of the shell, `$out` being what follows `-o`. */
function program(text: string): string {
  const out = 'while [ $# -gt 1 ]; do [ "$1" = -o ] && out=$2; shift; done';
  const file = write(join(temporaryFolder(), 'program'), `#!/bin/sh\n[ "$1" = --version ] || { ${out}; }\n${text}\n`);
  chmodSync(file, 0o755);
  return file;
}

const compilerOf = (command: string): Compiler => ({ command, kind: 'GCC', version: '12.2.0' });

/** The first 20 bytes of a library for Linux. */
function elf(machine: number): Buffer {
  const header = Buffer.alloc(20);
  header.write('\x7fELF', 'latin1');
  header.writeUInt16LE(machine, 18);
  return header;
}

const here = process.arch === 'arm64' ? 183 : 62;

function tensorflowIn(root: string, { libraries = root, file = 'libtensorflow_cc.so.2', machine = here } = {}): string {
  for (const header of ['c/c_api.h', 'c/eager/c_api.h', 'core/platform/ctstring_internal.h'])
    write(join(root, 'include', 'tensorflow', header));
  write(join(libraries, file), elf(machine));
  write(join(libraries, 'libtensorflow_framework.so.2'), 'std::__cxx11::string');
  return root;
}

async function tensorflow(options = {}): Promise<TensorflowFolder> {
  const found = await findTensorflow(tensorflowIn(temporaryFolder(), options));
  if ('missing' in found) throw new Error(found.missing);
  return found.found;
}

test('versions compare number by number', () => {
  expect(atLeast('2.21.0', [2, 9])).toBe(true);
  expect(atLeast('2.8.4', [2, 9])).toBe(false);
  expect(atLeast('2.9', [2, 9])).toBe(true);
  expect(atLeast('2', [2, 9])).toBe(false);
  expect(atLeast('10', [9])).toBe(true);
});

test('of what a program says, the line with the error counts', () => {
  const stderr = 'In file included from a.h:\n/x/b.h:3:10: fatal error: c.h: No such file\n';
  expect(firstError(Object.assign(new Error('Command failed'), { stderr }))).toBe(
    '/x/b.h:3:10: fatal error: c.h: No such file',
  );
  expect(firstError(new Error('spawn x ENOENT'))).toBe('spawn x ENOENT');
});

describe('the compiler', () => {
  test.each([
    ['g++ (Debian 12.2.0-14+deb12u1) 12.2.0', 'GCC', '12.2.0'],
    ['Ubuntu clang version 14.0.0-1ubuntu1.1', 'Clang', '14.0.0'],
    ['Apple clang version 15.0.0 (clang-1500.3.9.4)', 'Clang', '15.0.0'],
    ['x86_64-conda-linux-gnu-c++ (conda-forge gcc 13.3.0-1) 13.3.0', 'GCC', '13.3.0'],
  ])('%s', async (line, kind, version) => {
    const command = program(`echo '${line}'`);
    expect(await findCompiler([undefined, '/nowhere/g++', command])).toEqual({ found: { command, kind, version } });
  });

  test('an old one, or none, is told', async () => {
    const old = program("echo 'g++ (GCC) 7.5.0'");
    expect(await findCompiler([old])).toEqual({
      missing: `The compiler ${old} is GCC 7.5.0, and C++17 needs GCC 9.`,
    });
    expect(await findCompiler(['/nowhere/g++'])).toEqual({
      missing: 'There is no C++ compiler; install g++ or clang++, or name one in the variable CXX.',
    });
  });

  test("Node's own headers come first", async () => {
    const folder = temporaryFolder();
    write(join(folder, 'include', 'node', 'node_api.h'));
    expect(await findNodeHeaders(join(folder, 'bin', 'node'))).toEqual({ found: join(folder, 'include', 'node') });
  });
});

describe.runIf(onLinux)('TensorFlow', () => {
  test.each([
    ['the package', ''],
    ['site-packages', 'tensorflow'],
    ['a virtual environment', 'lib/python3.12/site-packages/tensorflow'],
  ])('is found in %s', async (_, inside) => {
    const folder = temporaryFolder();
    const root = tensorflowIn(join(folder, inside));
    expect(await findTensorflow(folder)).toEqual({
      found: {
        include: join(root, 'include'),
        libraries: root,
        files: [join(root, 'libtensorflow_cc.so.2'), join(root, 'libtensorflow_framework.so.2')],
      },
    });
  });

  test('is found in a libtensorflow folder', async () => {
    const root = temporaryFolder();
    tensorflowIn(root, { libraries: join(root, 'lib'), file: 'libtensorflow.so.2' });
    expect(await findTensorflow(root)).toMatchObject({
      found: { files: [join(root, 'lib', 'libtensorflow.so.2'), {}] },
    });
  });

  test('is found by python3', async () => {
    const root = tensorflowIn(temporaryFolder());
    expect(await findTensorflow(undefined, program(`echo '${root}'`))).toMatchObject({ found: { libraries: root } });
    expect(await findTensorflow(undefined, program('exit 1'))).toEqual({
      missing: expect.stringMatching(/has no TensorFlow; run pip install tensorflow-cpu .* by --tensorflow\.$/),
    });
  });

  test('that lacks something is told', async () => {
    const folder = temporaryFolder();
    expect(await findTensorflow(folder)).toEqual({ missing: expect.stringMatching(/holds no TensorFlow: neither it/) });
    write(join(folder, 'include', 'tensorflow', 'c', 'c_api.h'));
    expect(await findTensorflow(folder)).toEqual({
      missing:
        `TensorFlow in ${folder} lacks the headers ` +
        'tensorflow/c/eager/c_api.h and tensorflow/core/platform/ctstring_internal.h.',
    });
    tensorflowIn(folder, { file: 'libtensorflow.so.1' });
    expect(await findTensorflow(folder)).toEqual({
      missing: expect.stringContaining('lacks libtensorflow_cc.so.2 (or libtensorflow.so.2) with '),
    });
  });
});

describe.runIf(onLinux)('the ABI', () => {
  const compiling = (version: string) => program(`printf '#!/bin/sh\\necho ${version}\\n' > "$out"; chmod +x "$out"`);

  test('is that of a program that compiles and starts', async () => {
    expect(await checkAbi(compilerOf(compiling('2.21.0')), await tensorflow())).toEqual({
      found: { tensorflow: '2.21.0', flags: ['-D_GLIBCXX_USE_CXX11_ABI=1'] },
    });
  });

  test('does not fit another processor', async () => {
    const other = await tensorflow({ machine: here === 62 ? 183 : 62 });
    expect(await checkAbi(compilerOf(compiling('2.21.0')), other)).toEqual({
      missing: `${other.files[0]} is for ${here === 62 ? 'arm64' : 'x64'}, and this Node is for ${process.arch}.`,
    });
  });

  test('does not fit an old TensorFlow', async () => {
    const old = await tensorflow();
    expect(await checkAbi(compilerOf(compiling('2.4.1')), old)).toEqual({
      missing: `TensorFlow in ${old.libraries} is 2.4.1; 2.9 is needed.`,
    });
  });

  test('does not fit where the compiler or the program fails', async () => {
    const found = await tensorflow();
    const failing = program("echo 'c_api.h:1: error: no C++17' >&2; exit 1");
    const sentence = (reason: string) => ({
      missing: `A program made by GCC 12.2.0 with the TensorFlow in ${found.libraries} fails: ${reason}.`,
    });
    expect(await checkAbi(compilerOf(failing), found)).toEqual(sentence('c_api.h:1: error: no C++17'));
    const text = "#!/bin/sh\\necho 'version GLIBC_2.99 not found' >&2; exit 1\\n";
    const unloadable = program(`printf "${text}" > "$out"; chmod +x "$out"`);
    expect(await checkAbi(compilerOf(unloadable), found)).toEqual(sentence('version GLIBC_2.99 not found'));
  });

  test("is read from a library's header and its functions' names", async () => {
    const folder = temporaryFolder();
    expect(await machineOf(write(join(folder, 'a'), elf(183)))).toBe('arm64');
    expect(await machineOf(write(join(folder, 'b'), elf(7)))).toBe('an unknown processor (ELF machine 7)');
    expect(await machineOf(write(join(folder, 'c'), 'no library'))).toBeUndefined();
    expect(await usesNewStrings(write(join(folder, 'd'), '_ZNSt7__cxx1112basic_string'))).toBe(true);
    expect(await usesNewStrings(write(join(folder, 'e'), '_ZNSs'))).toBe(false);
  });
});

/** A project folder with the package's sources. */
function sourcePackage(version = '4.22.0'): { from: string; folder: string } {
  const from = temporaryFolder();
  const folder = join(from, 'node_modules', name);
  write(join(folder, 'package.json'), JSON.stringify({ version, binary: { napi_versions: [8] } }));
  for (const file of ['tfjs_backend.cc', 'tfjs_binding.cc']) write(join(folder, 'binding', file));
  return { from: join(from, 'package.json'), folder };
}

test('the sources are those of an installed package of the right release', () => {
  expect(findSources(name, [join(temporaryFolder(), 'x')])).toEqual({
    missing: `${name} is not installed; run npm install --ignore-scripts ${name}@4.22.0.`,
  });
  const old = sourcePackage('3.21.1');
  expect(findSources(name, [old.from])).toEqual({
    missing: `${name} in ${old.folder} is 3.21.1, and 4 is needed; run npm install --ignore-scripts ${name}@4.22.0.`,
  });
  const { from, folder } = sourcePackage();
  expect(findSources(name, [from])).toMatchObject({ found: { folder } });
});

test('everything that is missing is told at once', async () => {
  const folder = temporaryFolder();
  await expect(findToolchain('@tensorflow/tfjs-node-gpu', folder)).rejects.toMatchObject({
    kind: 'usage',
    message: expect.stringMatching(
      /^Cannot build the binding of @tensorflow\/tfjs-node-gpu\. .* is not installed; run .*\. .* holds no TensorFlow: /,
    ),
  });
});

test.runIf(onLinux)('a binding that does not load is not put in place, and nothing is left of it', async () => {
  const { from, folder } = sourcePackage();
  const native = findSources(name, [from]);
  if ('missing' in native) throw new Error(native.missing);
  const toolchain = {
    native: native.found,
    nodeHeaders: folder,
    tensorflow: await tensorflow(),
    abi: { tensorflow: '2.21.0', flags: [] },
  };
  const making = compilerOf(program('echo nonsense > "$out"'));
  await expect(buildBinding({ ...toolchain, compiler: making })).rejects.toThrow('What was built does not load: ');
  const failing = compilerOf(program("echo 'x.cc:1: error: y' >&2; exit 1"));
  await expect(buildBinding({ ...toolchain, compiler: failing })).rejects.toThrow(
    `Cannot build the binding of ${name}. x.cc:1: error: y.`,
  );
  expect(readdirSync(join(folder, 'lib', 'napi-v8'))).toEqual([]);
});
