/** Sessions of ONNX Runtime on the devices that it knows. */
import { availableParallelism, tmpdir } from 'node:os';
import { env, InferenceSession } from 'onnxruntime-node';
import { HonEvalError, reason } from '../../errors.ts';
import { type BackendOptions, outOfMemory, parseDevice } from '../backend.ts';
import { nvidiaGpu } from '../nvidia.ts';
import { remedies } from './devices.ts';

export interface Session {
  session: InferenceSession;
  threads: number;
  /** Bytes that the device has left once the model is loaded, where that can be told. */
  freeMemory?: number;
}

/** Where the weights of a model are. */
export interface WeightPlace {
  /** The folder that their files are named from. */
  folder?: string;
  /** Instead of that, the files' bytes by their names. */
  files?: { path: string; data: Uint8Array }[];
}

export interface SessionOptions extends BackendOptions {
  /** Where outputs are left, by their names; in the CPU's memory if left out. */
  outputLocations?: Readonly<Record<string, 'cpu' | 'gpu-buffer'>>;
}

/**
 * Makes a session for `model`.
 * @throws `usage` where the device's provider does not load.
 */
export async function openSession(
  model: Uint8Array,
  { folder, files }: WeightPlace,
  options: SessionOptions,
): Promise<Session> {
  const { name, index } = parseDevice(options.device);
  const threads = options.threads ?? availableParallelism();
  // cuBLAS rounds float32 products to 10 bits of mantissa unless told not to, and ONNX Runtime's binding has no
  // option for it. The variable is read when the provider loads its libraries.
  if (name === 'cuda') process.env.NVIDIA_TF32_OVERRIDE ??= '0';
  // Without it the libraries that drivers load complain on stderr.
  if (name === 'webgpu') process.env.XDG_RUNTIME_DIR ??= tmpdir();
  // What goes wrong is thrown; ONNX Runtime would say it on stderr as well.
  env.logLevel = 'fatal';
  try {
    const session = await InferenceSession.create(model, {
      executionProviders: providers(name, index),
      intraOpNumThreads: threads,
      ...(options.outputLocations && { preferredOutputLocation: options.outputLocations }),
      ...(files && { externalData: files }),
      ...(folder !== undefined && { extra: { session: { model_external_initializers_file_folder_path: folder } } }),
    });
    return { session, threads, freeMemory: name === 'cuda' ? nvidiaGpu(index)?.freeMemory : undefined };
  } catch (error) {
    throw explain(error, name);
  }
}

/** What a device has no kernel for runs on the CPU. */
function providers(device: string, deviceId: number): InferenceSession.ExecutionProviderConfig[] {
  if (device === 'cuda') return [{ name: 'cuda', deviceId }, 'cpu'];
  return device === 'cpu' ? ['cpu'] : [device, 'cpu'];
}

/** What went wrong with a run, in the user's terms where it can be told. `what` does not fit where memory ran out. */
export function explainRun(error: unknown, what: string, device: string): unknown {
  if (isOutOfMemory(error)) return outOfMemory(what, device);
  if (!/requires f16/.test(reason(error))) return error;
  const text = `The device "${device}" cannot compute in float16, as it lacks WebGPU's shader-f16; use --dtype float32.`;
  return new HonEvalError('usage', text, { cause: error });
}

function explain(error: unknown, device: string): unknown {
  if (isOutOfMemory(error)) return outOfMemory('The model', device);
  const message = reason(error);
  if (!/shared library|adapter|provider/i.test(message) || !remedies[device]) return error;
  const text = `The device "${device}" cannot be used (${providerFailure(message)}). ${remedies[device]()}`;
  return new HonEvalError('usage', text, { cause: error });
}

/** What ONNX Runtime says of a provider that does not load, without its source files and functions. */
export function providerFailure(message: string): string {
  return message.split('\n', 1)[0].replace(/^.*was false\. |^.*\[ONNXRuntimeError\] : \d+ : \w+ : /, '');
}

/** ONNX Runtime names it in words only. */
function isOutOfMemory(error: unknown): boolean {
  return (
    error instanceof Error && /out of memory|failed to allocate|bad_alloc|available memory of/i.test(error.message)
  );
}
