import { availableParallelism } from 'node:os';
import type { TensorInfo } from '../../checkpoint/types.ts';
import { HonEvalError } from '../../errors.ts';
import {
  type Backend,
  type BackendOptions,
  type Batch,
  type Computation,
  type DeviceState,
  type LoadedDecoder,
  type LoadedModel,
  type NextComputation,
  type Outputs,
  outOfMemory,
  parseDevice,
  type Step,
} from '../backend.ts';
import { describeGpu, nvidiaGpu } from '../nvidia.ts';
import { type NativeDevice, nativePackages, whatIsMissing } from './native_package.ts';
import { batchTensors, type Remembered, stepBatch, stepTensors, tfjsOps } from './ops.ts';
import { Program, type Value } from './program.ts';
import { isOutOfMemory, openRuntime } from './runtime.ts';
import type { Tensor, TensorFlow } from './tensorflow.ts';

/** TensorFlow.js: WebAssembly and plain JavaScript everywhere, TensorFlow itself where the user has built a binding. */
export const tfjs: Backend = {
  name: 'tfjs',
  devices: {
    wasm: { kind: 'javascript', types: ['float32'], rank: 5 },
    js: { kind: 'javascript', types: ['float32'], rank: 6 },
    node: { kind: 'cpu', types: ['float32'], rank: 4 },
    cuda: { kind: 'gpu', types: ['float32'], rank: 1 },
  },
  probe,
  async load<N extends string>(
    tensors: ReadonlyMap<string, TensorInfo>,
    build: Computation<N>,
    options: BackendOptions,
  ): Promise<LoadedModel<N>> {
    const opened = await open(tensors, options);
    const { ops, activate, info } = opened;
    const outputs = build(ops)(ops.batch);
    const run = await opened.start(outputs);
    return {
      info,
      async run(batch: Batch) {
        await activate();
        return run((tf) => batchTensors(tf, ops.batch, batch), 'A batch') as Outputs<N>;
      },
      close: opened.close,
    };
  },
  async loadDecoder(
    tensors: ReadonlyMap<string, TensorInfo>,
    build: NextComputation,
    options: BackendOptions,
  ): Promise<LoadedDecoder> {
    const opened = await open(tensors, options);
    const { ops, activate, info } = opened;
    const remembered: Remembered[] = [];
    const batch = stepBatch(remembered);
    const logits = build(ops)(batch);
    const run = await opened.start({ logits, ...Object.fromEntries(remembered.map(({ fresh }, i) => [i, fresh])) });
    return {
      info,
      entries: remembered.map(({ entry }) => entry),
      async run(step: Step) {
        await activate();
        const { logits, ...fresh } = run((tf) => stepTensors(tf, batch, remembered, step), 'A step');
        return { logits, fresh: remembered.map((_, i) => fresh[i]) };
      },
      close: opened.close,
    };
  },
};

/** A runtime with an empty program. */
async function open(tensors: ReadonlyMap<string, TensorInfo>, options: BackendOptions) {
  const { device, dtype } = options;
  const { tf, products, activate, version, threads } = await openRuntime(options);
  await activate();
  const program = new Program(tf);
  const ops = tfjsOps(tf, program, products, tensors);
  return {
    ops,
    activate,
    info: { name: 'tfjs', version, device, dtype, threads },
    /** Reads the parameters, once all steps are in the program; what comes runs it. */
    async start(outputs: Record<string, Value>) {
      program.finish(Object.values(outputs));
      try {
        await ops.loaded();
      } catch (error) {
        program.dispose();
        throw memoryError(error, 'The model', device);
      }
      return (feeds: (tf: TensorFlow) => Map<Value, Tensor>, what: string): Record<string, Float32Array> => {
        try {
          const results = program.run(() => feeds(tf), outputs);
          const read = Object.entries<Tensor>(results).map(([name, tensor]) => [name, tensor.dataSync()]);
          tf.dispose(results);
          return Object.fromEntries(read);
        } catch (error) {
          throw memoryError(error, what, device);
        }
      };
    },
    close: async () => program.dispose(),
  };
}

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
