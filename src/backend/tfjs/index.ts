import { availableParallelism } from 'node:os';
import type { TensorInfo } from '../../checkpoint/types.ts';
import { HonEvalError } from '../../errors.ts';
import {
  type Backend,
  type BackendOptions,
  type Batch,
  type Computation,
  type DeviceState,
  type LoadedModel,
  type Outputs,
  outOfMemory,
  parseDevice,
} from '../backend.ts';
import { describeGpu, nvidiaGpu } from '../nvidia.ts';
import { type NativeDevice, nativePackages, whatIsMissing } from './native_package.ts';
import { batchTensors, tfjsOps } from './ops.ts';
import { Program } from './program.ts';
import { isOutOfMemory, openRuntime } from './runtime.ts';
import type { Tensor } from './tensorflow.ts';

/** TensorFlow.js: WebAssembly and plain JavaScript everywhere, TensorFlow itself where the user has built a binding. */
export const tfjs: Backend = {
  name: 'tfjs',
  devices: { wasm: ['float32'], js: ['float32'], node: ['float32'], cuda: ['float32'] },
  probe,
  async load<N extends string>(
    tensors: ReadonlyMap<string, TensorInfo>,
    build: Computation<N>,
    options: BackendOptions,
  ): Promise<LoadedModel<N>> {
    const { device, dtype } = options;
    const { tf, products, activate, version, threads } = await openRuntime(options);
    await activate();
    const program = new Program(tf);
    const ops = tfjsOps(tf, program, products, tensors);
    const outputs = build(ops)(ops.batch);
    program.finish(Object.values(outputs));
    try {
      await ops.loaded();
    } catch (error) {
      program.dispose();
      throw memoryError(error, 'The model', device);
    }
    return {
      info: { name: 'tfjs', version, device, dtype, threads },
      async run(batch: Batch) {
        await activate();
        try {
          const results = program.run(() => batchTensors(tf, ops.batch, batch), outputs);
          const read = Object.entries<Tensor>(results).map(([name, tensor]) => [name, tensor.dataSync()]);
          tf.dispose(results);
          return Object.fromEntries(read) as Outputs<N>;
        } catch (error) {
          throw memoryError(error, 'A batch', device);
        }
      },
      close: async () => program.dispose(),
    };
  },
};

function memoryError(error: unknown, what: string, device: string): unknown {
  const memory = isOutOfMemory(error) || (error instanceof HonEvalError && error.kind === 'memory');
  return memory ? outOfMemory(what, device) : error;
}

async function probe(device: string): Promise<DeviceState> {
  const { name, index } = parseDevice(device);
  if (name === 'wasm' || name === 'js') return { present: true, detail: '1 thread' };
  const gpu = name === 'cuda' ? nvidiaGpu(index) : undefined;
  const missing = whatIsMissing(nativePackages[name as NativeDevice]);
  if (name === 'cuda' && !gpu) {
    const remedy = missing?.remedy ?? 'It needs an NVIDIA driver.';
    return { present: false, reason: 'nvidia-smi finds no such GPU', remedy, hardware: false };
  }
  if (missing) return { present: false, ...missing, hardware: true };
  return { present: true, detail: gpu ? describeGpu(gpu) : `${availableParallelism()} threads` };
}
