/** The GPU that WebGPU finds, by asking Dawn, which ONNX Runtime computes with there. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { platform } from 'node:os';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describeGpu, nvidiaGpu } from '../nvidia.ts';

/** What `ask_dawn.ts` found. */
export type DawnAnswer = { present: true; float16: boolean; libraries: string[] } | { present: false; reason: string };

/** Milliseconds that a driver may take to compile its first shaders. */
const patience = 60_000;

export async function askDawn(): Promise<DawnAnswer> {
  if (platform() === 'linux' && !hasVulkanDriver()) return { present: false, reason: 'there is no Vulkan driver' };
  const script = fileURLToPath(new URL(`./ask_dawn${extname(import.meta.url)}`, import.meta.url));
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [script], { timeout: patience });
    return JSON.parse(stdout);
  } catch {
    return { present: false, reason: 'its driver ends the process' };
  }
}

/** Where Vulkan's loader looks for drivers (its LoaderDriverInterface.md), or is told to. */
function hasVulkanDriver(): boolean {
  const { env } = process;
  const told = env.VK_DRIVER_FILES ?? env.VK_ICD_FILENAMES ?? env.VK_ADD_DRIVER_FILES;
  const home = env.XDG_DATA_HOME ?? `${env.HOME}/.local/share`;
  const folders = ['/etc', '/usr/local/share', '/usr/share', home].map((folder) => `${folder}/vulkan/icd.d`);
  const hasManifest = (folder: string) =>
    existsSync(folder) && readdirSync(folder).some((name) => /\.json$/.test(name));
  return told !== undefined || folders.some(hasManifest);
}

export interface Adapter {
  name: string;
  /** Whether it is a program on the CPU. */
  emulated: boolean;
}

/** Vulkan drivers that are programs on the CPU, by their libraries. */
const emulators = { libvk_swiftshader: 'SwiftShader', libvulkan_lvp: 'llvmpipe' };

const drivers = {
  libvulkan_intel: 'an Intel GPU',
  libvulkan_radeon: 'an AMD GPU',
  amdvlk: 'an AMD GPU',
  libvulkan_nouveau: 'an NVIDIA GPU',
  libGLX_nvidia: 'an NVIDIA GPU',
};

/** Which GPU it is, as far as the libraries tell that were loaded for it: neither ONNX Runtime nor Dawn says. */
export function describeAdapter(libraries: readonly string[]): Adapter {
  const named = (names: Readonly<Record<string, string>>) =>
    Object.keys(names).filter((part) => libraries.some((path) => path.includes(part)));
  const emulated = isEmulated();
  const [found] = named(emulated ? emulators : drivers);
  if (emulated) return { name: emulators[found as keyof typeof emulators] ?? 'a driver in software', emulated };
  const nvidia = found === 'libGLX_nvidia' ? nvidiaGpu(0) : undefined;
  return { name: nvidia ? describeGpu(nvidia) : (drivers[found as keyof typeof drivers] ?? 'a GPU'), emulated };
}

/** Whether what Vulkan finds is software: on Linux, a GPU is a device of its own. */
export function isEmulated(): boolean {
  if (platform() !== 'linux') return false;
  const renders = existsSync('/dev/dri') && readdirSync('/dev/dri').some((name) => name.startsWith('renderD'));
  return !renders && !existsSync('/dev/nvidia0') && !existsSync('/dev/dxg');
}
