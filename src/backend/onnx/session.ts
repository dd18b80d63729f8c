/** Sessions of ONNX Runtime on the devices that it knows. */
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { env, InferenceSession } from 'onnxruntime-node';
import { HonEvalError } from '../../errors.ts';
import { type BackendOptions, type Dtype, outOfMemory, parseDevice } from '../backend.ts';

/** Types that the providers have kernels for, or that ONNX Runtime widens for itself (float16 on a CPU). */
export const onnxDevices = {
  cpu: ['float32', 'float16'],
  cuda: ['float32', 'float16', 'bfloat16'],
  webgpu: ['float32', 'float16'],
} satisfies Record<string, Dtype[]>;

const cudaLibraries = 'libonnxruntime_providers_cuda.so and libonnxruntime_providers_shared.so';

/** What to do where a provider does not load. */
const advice: Record<string, string> = {
  cuda:
    `It needs an NVIDIA driver, CUDA 13, cuDNN 9, and ${cudaLibraries} of PyPI's onnxruntime-gpu==1.30.0 beside ` +
    'libonnxruntime.so.1 in onnxruntime-node/bin/napi-v6/linux/x64.',
  webgpu: 'It needs a GPU with a Vulkan, Metal or Direct3D 12 driver.',
};

export interface Session {
  session: InferenceSession;
  threads: number;
  /** Bytes that the device has left once the model is loaded, where that can be told. */
  freeMemory?: number;
}

/**
 * Makes a session for `model`, whose external weights are relative to `root`.
 * @throws `usage` where the device's provider does not load.
 */
export async function openSession(model: Uint8Array, root: string, options: BackendOptions): Promise<Session> {
  const { name, index } = parseDevice(options.device);
  const threads = options.threads ?? availableParallelism();
  // cuBLAS rounds float32 products to 10 bits of mantissa unless told not to, and ONNX Runtime's binding has no
  // option for it. The variable is read when the provider loads its libraries.
  if (name === 'cuda') process.env.NVIDIA_TF32_OVERRIDE ??= '0';
  // What goes wrong is thrown; ONNX Runtime would say it on stderr as well.
  env.logLevel = 'fatal';
  try {
    const session = await InferenceSession.create(model, {
      executionProviders: providers(name, index),
      intraOpNumThreads: threads,
      extra: { session: { model_external_initializers_file_folder_path: root } },
    });
    return { session, threads, freeMemory: name === 'cuda' ? freeCudaMemory(index) : undefined };
  } catch (error) {
    throw explain(error, name);
  }
}

/** What a device has no kernel for runs on the CPU. */
function providers(device: string, deviceId: number): InferenceSession.ExecutionProviderConfig[] {
  if (device === 'cuda') return [{ name: 'cuda', deviceId }, 'cpu'];
  return device === 'cpu' ? ['cpu'] : [device, 'cpu'];
}

function explain(error: unknown, device: string): unknown {
  if (isOutOfMemory(error)) return outOfMemory('The model', device);
  const message = error instanceof Error ? error.message : String(error);
  if (!/shared library|adapter|provider/i.test(message) || !advice[device]) return error;
  const reason = message.split('\n', 1)[0].replace(/^.*was false\. /, '');
  return new HonEvalError('usage', `The device "${device}" cannot be used (${reason}). ${advice[device]}`, {
    cause: error,
  });
}

/** ONNX Runtime names it in words only. */
export function isOutOfMemory(error: unknown): boolean {
  return (
    error instanceof Error && /out of memory|failed to allocate|bad_alloc|available memory of/i.test(error.message)
  );
}

/** Bytes, by NVIDIA's own tool; undefined where it is not installed. */
function freeCudaMemory(index: number): number | undefined {
  try {
    const query = ['--query-gpu=memory.free', '--format=csv,noheader,nounits', '-i', String(index)];
    return Number(execFileSync('nvidia-smi', query, { encoding: 'utf8' })) * 2 ** 20;
  } catch {
    return undefined;
  }
}
