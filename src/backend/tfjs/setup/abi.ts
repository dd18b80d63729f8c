/** Whether what a compiler makes and a TensorFlow fit together. */
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Compiler } from './compiler.ts';
import { atLeast, execute, firstError, type Requirement } from './requirement.ts';
import type { TensorflowFolder } from './tensorflow.ts';

export interface Abi {
  /** What TensorFlow says of itself, such as `2.21.0`. */
  tensorflow: string;
  /** Flags that make the compiler's C++ that of the library. */
  flags: string[];
}

/** The release that the binding's sources were written for. */
const oldestTensorflow = [2, 9];

const program = `#include <cstdio>
#include "tensorflow/c/c_api.h"
#include "tensorflow/c/eager/c_api.h"
#include "tensorflow/core/platform/ctstring_internal.h"
int main() { std::puts(TF_Version()); }
`;

/** Compiles, links and runs a program of one line against TensorFlow. */
export async function checkAbi(compiler: Compiler, tensorflow: TensorflowFolder): Promise<Requirement<Abi>> {
  const [file, framework] = tensorflow.files;
  const machine = await machineOf(file);
  if (machine !== undefined && machine !== process.arch) {
    return { missing: `${file} is for ${machine}, and this Node is for ${process.arch}.` };
  }
  const flags = [`-D_GLIBCXX_USE_CXX11_ABI=${Number(await usesNewStrings(framework))}`];
  const folder = await mkdtemp(join(tmpdir(), 'hon-eval-setup-'));
  try {
    const [source, binary] = [join(folder, 'probe.cc'), join(folder, 'probe')];
    await writeFile(source, program);
    await execute(compiler.command, [
      ...compileFlags(tensorflow, flags),
      source,
      ...linkFlags(tensorflow),
      '-o',
      binary,
    ]);
    const version = (await execute(binary)).stdout.trim();
    if (atLeast(version, oldestTensorflow)) return { found: { tensorflow: version, flags } };
    return { missing: `TensorFlow in ${tensorflow.libraries} is ${version}; ${oldestTensorflow.join('.')} is needed.` };
  } catch (error) {
    const name = `${compiler.kind} ${compiler.version}`;
    return {
      missing: `A program made by ${name} with the TensorFlow in ${tensorflow.libraries} fails: ${firstError(error)}.`,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export function compileFlags({ include }: TensorflowFolder, flags: readonly string[]): string[] {
  return ['-std=c++17', '-O2', '-fPIC', ...flags, '-isystem', include];
}

/** Libraries by their paths, which are also where they are looked for when the program starts. */
export function linkFlags({ files, libraries }: TensorflowFolder): string[] {
  return [...files, `-Wl,-rpath,${libraries}`];
}

const elfMachines: Record<number, string> = { 3: 'ia32', 40: 'arm', 62: 'x64', 183: 'arm64', 243: 'riscv64' };

/** Node's name of the processor that an ELF file is for; undefined of another format. */
export async function machineOf(file: string): Promise<string | undefined> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(20), 0, 20, 0);
    if (bytesRead < 20 || buffer.readUInt32BE(0) !== 0x7f454c46) return undefined;
    const machine = buffer.readUInt16LE(18);
    return elfMachines[machine] ?? `an unknown processor (ELF machine ${machine})`;
  } finally {
    await handle.close();
  }
}

/** Whether a library's C++ strings are those of libstdc++ since GCC 5, which the names of its functions tell. */
export async function usesNewStrings(file: string): Promise<boolean> {
  return (await readFile(file)).includes('__cxx11');
}
