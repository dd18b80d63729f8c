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
import { pastShape } from '../cache.ts';
import { type DeviceMemory, type DeviceStep, deviceCaches } from '../device_cache.ts';
import { describeGpu, nvidiaGpu } from '../nvidia.ts';
import { TrunkKeeper } from '../trunk.ts';
import { tfjsMemory } from './memory.ts';
import { type NativeDevice, nativePackages, whatIsMissing } from './native_package.ts';
import { batchTensors, type Remembered, stepBatch, stepTensors, tfjsOps, treeBatch } from './ops.ts';
import { Program, type Value } from './program.ts';
import { isOutOfMemory, openRuntime } from './runtime.ts';
import type { Tensor, TensorFlow } from './tensorflow.ts';
import { Traffic } from './traffic.ts';

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
    const { tf, ops, info, traffic } = opened;
    const remembered: Remembered[] = [];
    const values = treeBatch(remembered);
    const outputs: Record<string, Value> = build(ops)(values);
    const [run, readTrunk] = await opened.start(outputs, freshValues(remembered));
    const feeds = (batch: Batch, trunk: readonly Tensor[]) => (tf: TensorFlow) =>
      // The tensors that are fed are the run's to free.
      batchTensors(
        tf,
        traffic,
        values,
        remembered,
        batch,
        trunk.map((tensor) => tensor.clone()),
      );
    const trunks = new TrunkKeeper<Tensor>({
      nothing: remembered.map(({ entry }) => tf.zeros([0, entry.heads * entry.headSize])),
      async read(batch, count, before) {
        const fresh = await readTrunk(feeds(batch, before), 'What the questions have in common');
        return remembered.map(({ entry }, i) =>
          traffic.receive(fresh[i]).subarray(0, count * entry.heads * entry.headSize),
        );
      },
      place: (numbers, shape) => traffic.send(numbers as Float32Array, shape),
      free: (tensor) => tensor.dispose(),
    });
    return {
      info,
      async run(batch: Batch) {
        const given = Object.entries(await run(feeds(batch, await trunks.of(batch)), 'A batch'));
        return Object.fromEntries(given.map(([name, tensor]) => [name, traffic.receive(tensor)])) as Outputs<N>;
      },
      transferred: () => traffic.bytes,
      async close() {
        trunks.close();
        await opened.close();
      },
    };
  },
  async loadDecoder(
    tensors: ReadonlyMap<string, TensorInfo>,
    build: NextComputation,
    options: BackendOptions,
  ): Promise<LoadedDecoder> {
    const opened = await open(tensors, options);
    const { tf, ops, info, traffic } = opened;
    const remembered: Remembered[] = [];
    const batch = stepBatch(remembered);
    const logits = build(ops)(batch);
    const [run] = await opened.start({ logits, ...freshValues(remembered) });
    const entries = remembered.map(({ entry }) => entry);
    /** The tensors that `past` makes are the step's to free. */
    const runStep = async (step: DeviceStep, past: () => readonly Tensor[], capacity: number) => {
      const feeds = (tf: TensorFlow) => stepTensors(tf, traffic, batch, remembered, step, past(), capacity);
      const { logits, ...fresh } = await run(feeds, 'A step');
      return { logits: traffic.receive(logits), fresh: entries.map((_, i) => fresh[i]) };
    };
    const memory = tfjsMemory(tf, entries, ({ tensors, capacity }, step) =>
      runStep(step, () => tensors.map((tensor) => tensor.clone()), capacity),
    );
    return {
      info,
      entries,
      async run(step: Step) {
        const { rows, capacity } = step;
        const past = () => entries.map((entry, i) => traffic.send(step.past[i], pastShape(entry, rows, capacity)));
        const { logits, fresh } = await runStep(step, past, capacity);
        return { logits, fresh: fresh.map((tensor) => traffic.receive(tensor)) };
      },
      openCache: deviceCaches(opened.guarded(memory)),
      transferred: () => traffic.bytes,
      close: opened.close,
    };
  },
};

/** What is remembered, by its number. */
function freshValues(remembered: readonly Remembered[]): Record<number, Value> {
  return Object.fromEntries(remembered.map(({ fresh }, i) => [i, fresh]));
}

/** A runtime with an empty program. */
async function open(tensors: ReadonlyMap<string, TensorInfo>, options: BackendOptions) {
  const { device, dtype } = options;
  const { tf, products, activate, version, threads } = await openRuntime(options);
  await activate();
  const program = new Program(tf);
  const ops = tfjsOps(tf, program, products, tensors);
  /** What `work` gives, once this runtime is the one that computes. */
  const guard = async <R>(what: string, work: () => R | Promise<R>): Promise<R> => {
    await activate();
    try {
      return await work();
    } catch (error) {
      throw memoryError(error, what, device);
    }
  };
  return {
    tf,
    ops,
    traffic: new Traffic(tf),
    info: { name: 'tfjs', version, device, dtype, threads },
    /**
     * Reads the parameters, once all steps are in the program; what comes runs it, for each of the sets of outputs. The
     * results are to be disposed.
     */
    async start(...wanted: Record<string, Value>[]) {
      try {
        await ops.loaded();
      } catch (error) {
        program.dispose();
        throw memoryError(error, 'The model', device);
      }
      return wanted.map((outputs) => {
        const run = program.runner(outputs);
        return (feeds: (tf: TensorFlow) => Map<Value, Tensor>, what: string): Promise<Record<string, Tensor>> =>
          guard(what, () => run(() => feeds(tf)));
      });
    },
    guarded: (memory: DeviceMemory<Tensor>): DeviceMemory<Tensor> => ({
      ...memory,
      gather: (sources, capacity) => guard('What is remembered', () => memory.gather(sources, capacity)),
      step: (block, step) => guard('A step', () => memory.step(block, step)),
    }),
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
