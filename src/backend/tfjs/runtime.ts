/** The TensorFlow.js backends by the device that they compute on. */
import { availableParallelism } from 'node:os';
import { HonEvalError } from '../../errors.ts';
import { type BackendOptions, outOfMemory, parseDevice } from '../backend.ts';
import { loadNativePackage, type NativeDevice, nativePackages } from './native_package.ts';
import { type Products, plainProducts, singleProducts } from './products.ts';
import type { TensorFlow } from './tensorflow.ts';

export interface Runtime {
  tf: TensorFlow;
  products: Products;
  /** Makes this the backend that `tf` computes with: all copies of TensorFlow.js share one engine. */
  activate(): Promise<unknown>;
  version: string;
  threads: number;
}

export async function openRuntime(options: BackendOptions): Promise<Runtime> {
  const { name } = parseDevice(options.device);
  if (name === 'wasm') return openWasm(options.device);
  if (name === 'js') return openJavaScript();
  return openNative(name as NativeDevice, options);
}

async function openJavaScript(): Promise<Runtime> {
  const tf = await loadCore();
  await import('@tensorflow/tfjs-backend-cpu');
  return {
    tf,
    products: plainProducts(tf),
    activate: () => tf.setBackend('cpu'),
    version: tf.version_core,
    threads: 1,
  };
}

/** With vector instructions; TensorFlow.js does not start its threads under Node. */
async function openWasm(device: string): Promise<Runtime> {
  const tf = await loadCore();
  const { version_wasm: version } = await import('@tensorflow/tfjs-backend-wasm');
  const activate = () => tf.setBackend('wasm');
  await activate();
  guardAllocation(tf, device);
  return { tf, products: singleProducts(tf), activate, version, threads: 1 };
}

async function loadCore(): Promise<TensorFlow> {
  const tf = await import('@tensorflow/tfjs-core');
  // Or the plain backend advises on the console to install another.
  tf.enableProdMode();
  return tf;
}

interface WasmBackend {
  wasm: { _malloc: ((bytes: number) => number) & { guarded?: true } };
}

/**
 * WebAssembly has 4 GiB, and TensorFlow.js asks for more regardless: `malloc` then gives 0, where it would write the
 * tensor over its own data, and counts modulo 4 GiB.
 */
function guardAllocation(tf: TensorFlow, device: string): void {
  const { wasm } = tf.findBackend('wasm') as unknown as WasmBackend;
  const { _malloc: malloc } = wasm;
  if (malloc.guarded) return;
  const guarded = (bytes: number) => {
    const address = bytes < 2 ** 32 ? malloc(bytes) : 0;
    if (address === 0 && bytes > 0) throw outOfMemory('A tensor', device);
    return address;
  };
  wasm._malloc = Object.assign(guarded, { guarded: true as const });
}

async function openNative(device: NativeDevice, options: BackendOptions): Promise<Runtime> {
  const threads = options.threads ?? availableParallelism();
  // TensorFlow reads these when it makes its context, which is when the package is loaded.
  process.env.TF_NUM_INTRAOP_THREADS = String(threads);
  process.env.CUDA_VISIBLE_DEVICES = device === 'cuda' ? String(parseDevice(options.device).index) : '-1';
  // Or it takes all of the GPU's memory, and rounds products to 10 bits of mantissa.
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
  process.env.NVIDIA_TF32_OVERRIDE ??= '0';
  const { tf, version, tensorflow } = loadNativePackage(nativePackages[device]);
  const { isUsingGpuDevice } = tf.findBackend('tensorflow') as unknown as { isUsingGpuDevice: boolean };
  if (device === 'cuda' && !isUsingGpuDevice) {
    const what = `The device "${options.device}" cannot be used: TensorFlow ${tensorflow} finds no GPU.`;
    const advice = 'It needs an NVIDIA driver, and the CUDA libraries that it was built for.';
    throw new HonEvalError('usage', `${what} ${advice}`);
  }
  return {
    tf,
    products: plainProducts(tf),
    activate: () => tf.setBackend('tensorflow'),
    version: `${version} (TensorFlow ${tensorflow})`,
    threads,
  };
}

/** TensorFlow, WebAssembly and JavaScript's arrays name it in words only. */
export function isOutOfMemory(error: unknown): boolean {
  return (
    error instanceof Error &&
    /OOM when allocating|memory access out of bounds|out of memory|invalid typed array length/i.test(error.message)
  );
}
