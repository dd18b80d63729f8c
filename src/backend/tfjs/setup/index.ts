/** Builds the native binding of `@tensorflow/tfjs-node` against a TensorFlow that is already there. */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HonEvalError } from '../../../errors.ts';
import {
  type BuildRecord,
  findNativePackage,
  installCommand,
  type NativePackage,
  type NativePackageName,
  nativeVersion,
  recordFile,
} from '../native_package.ts';
import { type Abi, checkAbi, compileFlags, linkFlags } from './abi.ts';
import { type Compiler, findCompiler, findNodeHeaders } from './compiler.ts';
import { execute, firstError, type Requirement } from './requirement.ts';
import { findTensorflow, type TensorflowFolder } from './tensorflow.ts';

/** All that the build needs. */
export interface Toolchain {
  native: NativePackage;
  nodeHeaders: string;
  compiler: Compiler;
  tensorflow: TensorflowFolder;
  abi: Abi;
}

const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'];

/**
 * @param tensorflowPath What the user named; without it, the TensorFlow of `python3` on the path.
 * @throws `usage` with one sentence for everything that is missing.
 */
export async function findToolchain(name: NativePackageName, tensorflowPath?: string): Promise<Toolchain> {
  const [native, nodeHeaders, compiler, tensorflow] = await Promise.all([
    findSources(name),
    findNodeHeaders(),
    findCompiler(),
    findTensorflow(tensorflowPath),
  ]);
  const all = [native, nodeHeaders, compiler, tensorflow];
  if (process.platform === 'win32') all.push({ missing: 'The binding can be built on Linux and macOS only.' });
  const sentences = all.flatMap((requirement) => ('missing' in requirement ? [requirement.missing] : []));
  if (sentences.length > 0) throw cannotBuild(name, sentences);
  const parts = {
    native: found(native),
    nodeHeaders: found(nodeHeaders),
    compiler: found(compiler),
    tensorflow: found(tensorflow),
  };
  const abi = await checkAbi(parts.compiler, parts.tensorflow);
  if ('missing' in abi) throw cannotBuild(name, [abi.missing]);
  return { ...parts, abi: abi.found };
}

function found<T>(requirement: Requirement<T>): T {
  if ('missing' in requirement) throw new Error(requirement.missing);
  return requirement.found;
}

function cannotBuild(name: string, sentences: string[]): HonEvalError {
  return new HonEvalError('usage', `Cannot build the binding of ${name}. ${sentences.join(' ')}`);
}

export function findSources(name: NativePackageName, from?: readonly string[]): Requirement<NativePackage> {
  const native = findNativePackage(name, from);
  if (!native) return { missing: `${name} is not installed; run ${installCommand(name)}.` };
  const { folder, version } = native;
  if (version.split('.')[0] !== nativeVersion.split('.')[0]) {
    return { missing: `${name} in ${folder} is ${version}, and 4 is needed; run ${installCommand(name)}.` };
  }
  const lacking = sources.filter((file) => !existsSync(join(folder, 'binding', file)));
  if (lacking.length === 0) return { found: native };
  return { missing: `${folder} lacks binding/${lacking.join(' and binding/')}; run ${installCommand(name)} again.` };
}

/** Builds beside, loads what came out in a process of its own, and puts it in its place only then. */
export async function buildBinding({ native, nodeHeaders, compiler, tensorflow, abi }: Toolchain): Promise<void> {
  const { binding, folder, name } = native;
  const partial = join(dirname(binding), `tfjs_binding-${process.pid}.partial.node`);
  try {
    await mkdir(dirname(binding), { recursive: true });
    const inputs = sources.map((file) => join(folder, 'binding', file));
    const shared = process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared'];
    const flags = [...compileFlags(tensorflow, abi.flags), '-DNAPI_VERSION=8', '-isystem', nodeHeaders, '-w'];
    await execute(compiler.command, [...shared, ...flags, ...inputs, ...linkFlags(tensorflow), '-o', partial]);
    await prove(native, partial, abi);
    const record: BuildRecord = { tensorflow: abi.tensorflow, libraries: tensorflow.libraries };
    await writeFile(recordFile(native), `${JSON.stringify(record, undefined, 2)}\n`);
    await rename(partial, binding);
  } catch (error) {
    if (error instanceof HonEvalError) throw error;
    throw cannotBuild(name, [`${firstError(error)}.`]);
  } finally {
    await rm(partial, { force: true });
  }
}

/** @throws `usage` where the binding does not load, or its product of two matrices is wrong. */
async function prove({ name, folder }: NativePackage, partial: string, abi: Abi): Promise<void> {
  const script = fileURLToPath(new URL(`./prove${extname(import.meta.url)}`, import.meta.url));
  const answer = await execute(process.execPath, [script, name, folder, partial]).then(
    ({ stdout }) => stdout,
    (error) => {
      throw cannotBuild(name, [`What was built does not load: ${firstError(error)}.`]);
    },
  );
  if (answer !== JSON.stringify({ tensorflow: abi.tensorflow, product: [19, 22, 43, 50] })) {
    throw cannotBuild(name, [`What was built answers ${answer} for a product of two matrices.`]);
  }
}
