/** The C++ compiler, and the headers of Node's C interface. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { atLeast, execute, type Requirement } from './requirement.ts';

export interface Compiler {
  command: string;
  kind: 'GCC' | 'Clang';
  version: string;
}

/** First releases whose C++17 is complete enough for TensorFlow's headers. */
const oldest = { GCC: [9], Clang: [10] } as const;

/** The first of `commands` that runs. */
export async function findCompiler(
  commands: readonly (string | undefined)[] = [process.env.CXX, 'g++', 'clang++', 'c++'],
): Promise<Requirement<Compiler>> {
  for (const command of commands) {
    const compiler = command && (await identify(command));
    if (!compiler) continue;
    const { kind, version } = compiler;
    if (atLeast(version, oldest[kind])) return { found: compiler };
    return { missing: `The compiler ${command} is ${kind} ${version}, and C++17 needs ${kind} ${oldest[kind][0]}.` };
  }
  return { missing: 'There is no C++ compiler; install g++ or clang++, or name one in the variable CXX.' };
}

/** `g++ (Debian 12.2.0-14) 12.2.0`, `Apple clang version 15.0.0 (clang-1500.3.9.4)`. */
async function identify(command: string): Promise<Compiler | undefined> {
  try {
    const [line] = (await execute(command, ['--version'])).stdout.split('\n', 1);
    const clang = /clang version (\d[\d.]*)/.exec(line)?.[1];
    const version = clang ?? /\) (\d[\d.]*)/.exec(line)?.[1] ?? /(\d[\d.]*)/.exec(line)?.[1];
    return version ? { command, kind: clang ? 'Clang' : 'GCC', version } : undefined;
  } catch {
    return undefined;
  }
}

/** Folder of `node_api.h`: the running Node's, or the package `node-api-headers`. The interface is the same in all. */
export async function findNodeHeaders(node = process.execPath): Promise<Requirement<string>> {
  const own = join(dirname(node), '..', 'include', 'node');
  if (existsSync(join(own, 'node_api.h'))) return { found: own };
  try {
    const { default: headers } = await import('node-api-headers');
    return { found: headers.include_dir };
  } catch {
    return { missing: `Node's headers are not in ${own}, nor is the package node-api-headers installed.` };
  }
}
