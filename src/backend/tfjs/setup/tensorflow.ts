/** A TensorFlow that the user has: PyPI's, or the folder of a libtensorflow. */
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { execute, type Requirement } from './requirement.ts';

export interface TensorflowFolder {
  include: string;
  /** Where the libraries are. */
  libraries: string;
  /** The C interface, and the framework that it needs: absolute paths. */
  files: [interface_: string, framework: string];
}

/** What the binding's sources include. */
const headers = [
  'tensorflow/c/c_api.h',
  'tensorflow/c/eager/c_api.h',
  'tensorflow/core/platform/ctstring_internal.h',
].map((path) => join(...path.split('/')));

/** PyPI's package calls the library of the C interface `_cc`, as it has the C++ one as well. */
const libraryNames = {
  linux: (name: string) => `lib${name}.so.2`,
  darwin: (name: string) => `lib${name}.2.dylib`,
};

/** @param path What the user named; without it, the TensorFlow of `python3` on the path. */
export async function findTensorflow(path?: string, python = 'python3'): Promise<Requirement<TensorflowFolder>> {
  const start = path === undefined ? await pythonPackage(python) : resolve(path);
  if (start === undefined) {
    return {
      missing:
        `${python} has no TensorFlow; run pip install tensorflow-cpu (or tensorflow, for a GPU) there, ` +
        'or name an installation or a libtensorflow folder by --tensorflow.',
    };
  }
  const roots = candidates(start).filter((root) => existsSync(join(root, 'include', headers[0])));
  if (roots.length === 0) {
    return {
      missing: `${start} holds no TensorFlow: neither it nor a tensorflow folder in it has include/${headers[0]}.`,
    };
  }
  return inspect(roots[0]);
}

/** The folder itself, and where site-packages and virtual environments have it. */
function candidates(start: string): string[] {
  const lib = join(start, 'lib');
  const pythons = existsSync(lib) ? readdirSync(lib).filter((name) => name.startsWith('python3')) : [];
  const environments = pythons.map((name) => join(lib, name, 'site-packages', 'tensorflow'));
  return [start, join(start, 'tensorflow'), ...environments];
}

function inspect(root: string): Requirement<TensorflowFolder> {
  const include = join(root, 'include');
  const lacking = headers.filter((header) => !existsSync(join(include, header)));
  if (lacking.length > 0) return { missing: `TensorFlow in ${root} lacks the headers ${lacking.join(' and ')}.` };
  const fileName = libraryNames[process.platform as keyof typeof libraryNames] ?? libraryNames.linux;
  for (const libraries of [root, join(root, 'lib')]) {
    const [interface_] = ['tensorflow_cc', 'tensorflow']
      .map((name) => join(libraries, fileName(name)))
      .filter((file) => existsSync(file));
    const framework = join(libraries, fileName('tensorflow_framework'));
    if (interface_ && existsSync(framework)) return { found: { include, libraries, files: [interface_, framework] } };
  }
  const names = `${fileName('tensorflow_cc')} (or ${fileName('tensorflow')}) with ${fileName('tensorflow_framework')}`;
  return { missing: `TensorFlow in ${root} lacks ${names}; PyPI's package has them from 2.12 on.` };
}

/** Found without importing it, which takes seconds. */
async function pythonPackage(python: string): Promise<string | undefined> {
  const program = "from importlib.util import find_spec; print(find_spec('tensorflow').submodule_search_locations[0])";
  try {
    return (await execute(python, ['-c', program])).stdout.trim();
  } catch {
    return undefined;
  }
}
