/** `@tensorflow/tfjs-node` and `@tensorflow/tfjs-node-gpu`, which users install themselves: optional peers. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire, Module } from 'node:module';
import { dirname, join } from 'node:path';
import util from 'node:util';
import { HonEvalError } from '../../errors.ts';
import type { TensorFlow } from './tensorflow.ts';

export const nativePackages = { node: '@tensorflow/tfjs-node', cuda: '@tensorflow/tfjs-node-gpu' } as const;
export type NativeDevice = keyof typeof nativePackages;
export type NativePackageName = (typeof nativePackages)[NativeDevice];

/** The release that the backend was written for: the last one. */
export const nativeVersion = '4.22.0';

export interface NativePackage {
  name: NativePackageName;
  version: string;
  /** Absolute. */
  folder: string;
  /** Where the package looks for its native binding, absolute. */
  binding: string;
}

/** What `setup tensorflow` notes beside the binding that it builds. */
export interface BuildRecord {
  /** Version of the TensorFlow that it is linked with. */
  tensorflow: string;
  /** Folder of that TensorFlow's libraries. */
  libraries: string;
}

/** Looks in the node_modules of the current folder and those above it, then in hon-eval's own. */
export function findNativePackage(
  name: NativePackageName,
  from: readonly string[] = [join(process.cwd(), 'package.json'), import.meta.url],
): NativePackage | undefined {
  for (const file of from) {
    try {
      const manifest = createRequire(file).resolve(`${name}/package.json`);
      return readNativePackage(name, dirname(manifest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  return undefined;
}

/** The binding is where npm's install puts it too: under the newest Node-API that Node and the package know. */
function readNativePackage(name: NativePackageName, folder: string): NativePackage {
  const { version, binary } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const napi = (binary?.napi_versions ?? []).filter((known: number) => known <= Number(process.versions.napi));
  const binding = join(folder, 'lib', `napi-v${Math.max(...napi)}`, 'tfjs_binding.node');
  return { name, version, folder, binding };
}

export function recordFile({ binding }: NativePackage): string {
  return join(dirname(binding), 'hon-eval-setup.json');
}

/** The command that builds the binding. */
export function setupCommand(name: NativePackageName): string {
  return `hon-eval setup tensorflow${name === nativePackages.node ? '' : ` --package ${name}`}`;
}

/** The command that installs the package, without the download of its binding, which is not there for this Node. */
export function installCommand(name: NativePackageName): string {
  return `npm install --ignore-scripts ${name}@${nativeVersion}`;
}

/** Why a native package cannot be loaded, and what would help; undefined where both its parts are there. */
export function whatIsMissing(
  name: NativePackageName,
  found = findNativePackage(name),
): { reason: string; remedy: string } | undefined {
  if (!found) {
    return { reason: `${name} is not installed`, remedy: `Run ${installCommand(name)} && ${setupCommand(name)}` };
  }
  if (existsSync(found.binding)) return undefined;
  return { reason: `${found.folder} has no native binding`, remedy: `Run ${setupCommand(name)}` };
}

export interface LoadedPackage {
  tf: TensorFlow;
  /** Of the package. */
  version: string;
  /** Of the TensorFlow that its binding is linked with. */
  tensorflow: string;
}

/**
 * Loads the package and, with it, TensorFlow.
 * @throws `usage` where the package, its binding or TensorFlow's libraries are missing, or the binding was built for
 *   another TensorFlow.
 */
export function loadNativePackage(name: NativePackageName, found = findNativePackage(name)): LoadedPackage {
  const missing = whatIsMissing(name, found);
  if (!found || missing) {
    throw new HonEvalError('usage', `TensorFlow cannot be used: ${missing?.reason}. ${missing?.remedy}.`);
  }
  const tf = requireNativePackage(found);
  const tensorflow = tensorflowVersion(tf);
  const built = existsSync(recordFile(found)) ? readRecord(found).tensorflow : tensorflow;
  if (built !== tensorflow) {
    const message = `The binding of ${name} was built for TensorFlow ${built}, and ${tensorflow} is there now.`;
    throw new HonEvalError('usage', `${message} Run ${setupCommand(name)}.`);
  }
  return { tf, version: found.version, tensorflow };
}

function readRecord(found: NativePackage): BuildRecord {
  return JSON.parse(readFileSync(recordFile(found), 'utf8'));
}

export function requireNativePackage({ name, folder, binding }: Omit<NativePackage, 'version'>): TensorFlow {
  restoreUtil();
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '3';
  const require = createRequire(join(folder, 'package.json'));
  // The package asks this one where its binding is, which knows no Node that is newer than itself.
  const locator = new Module(require.resolve('@mapbox/node-pre-gyp'));
  locator.exports = { find: () => binding };
  require.cache[locator.id] = locator;
  try {
    return require(folder);
  } catch (error) {
    const reason = (error as Error).message.split('\n', 1)[0];
    const message = `The native binding of ${name} in ${folder} does not load (${reason}).`;
    throw new HonEvalError('usage', `${message} Run ${setupCommand(name)}.`, { cause: error });
  }
}

/** Of the library that is loaded, not of the headers that the binding was compiled with. */
export function tensorflowVersion(tf: TensorFlow): string {
  return (tf.findBackend('tensorflow') as unknown as { binding: { TF_Version: string } }).binding.TF_Version;
}

/** Functions of `node:util` that the package calls: Node 23 took one away and warns of the other. */
function restoreUtil(): void {
  const old = util as unknown as Record<string, unknown>;
  old.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  old.isArray = Array.isArray;
}
