/** Devices of ONNX Runtime's execution providers, and what each needs. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import type { Device } from '../backend.ts';
import { nvidiaGpuCount } from '../nvidia.ts';
import type { AttentionForm } from './attention.ts';

interface OnnxDevice extends Device {
  attention: AttentionForm;
  /** Whether tensors can stay there between runs. */
  keepsTensors: boolean;
}

/** Types are those that the providers have kernels for, or that ONNX Runtime widens for itself (float16 on a CPU). */
export const onnxDevices: Readonly<Record<string, OnnxDevice>> = {
  cpu: { kind: 'cpu', types: ['float32', 'float16'], rank: 3, attention: 'blocks', keepsTensors: false },
  cuda: {
    kind: 'gpu',
    types: ['float32', 'float16', 'bfloat16'],
    rank: 1,
    count: nvidiaGpuCount,
    attention: 'fused',
    keepsTensors: false,
  },
  webgpu: { kind: 'gpu', types: ['float32', 'float16'], rank: 2, attention: 'plain', keepsTensors: true },
};

/** Libraries of the CUDA provider; npm's package leaves them out. */
export const cudaLibraries = ['libonnxruntime_providers_cuda.so', 'libonnxruntime_providers_shared.so'];

/** Folder of the libraries that `onnxruntime-node` loads. */
export function libraryFolder(): string {
  const main = createRequire(import.meta.url).resolve('onnxruntime-node');
  return join(dirname(main), '..', 'bin', 'napi-v6', platform(), arch());
}

/** Those of the CUDA provider's libraries that are not there. */
export function missingLibraries(): string[] {
  return cudaLibraries.filter((file) => !existsSync(join(libraryFolder(), file)));
}

/** What to do where a device cannot be used: a sentence or two, by the device's name. */
export const remedies: Readonly<Record<string, () => string>> = {
  cuda() {
    if (platform() !== 'linux' || arch() !== 'x64') return 'It is for Linux on x64; use the device webgpu here.';
    const needs = 'It needs an NVIDIA driver, and CUDA 13 and cuDNN 9 on the library path.';
    if (missingLibraries().length === 0) return needs;
    return `${needs} hon-eval doctor --fix cuda fetches ONNX Runtime's CUDA provider.`;
  },
  webgpu: () => 'It needs a GPU with a Vulkan, Metal or Direct3D 12 driver.',
};
