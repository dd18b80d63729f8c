import type { TensorInfo } from '../../checkpoint/types.ts';
import type { StepBatch, TreeBatch } from '../../model/ops.ts';
import type {
  Backend,
  BackendInfo,
  BackendOptions,
  Batch,
  CacheEntry,
  Computation,
  LoadedDecoder,
  LoadedModel,
  NextComputation,
  Outputs,
  Step,
} from '../backend.ts';
import { pastShape } from '../cache.ts';
import { TrunkKeeper } from '../trunk.ts';
import { type ReferenceOps, referenceOps } from './ops.ts';
import { type Tensor, tensor } from './tensor.ts';

/** Plain float64 TypeScript on one core: to check the other backends against, not to wait for. */
export const reference: Backend = {
  name: 'reference',
  devices: { cpu: { kind: 'javascript', types: ['float64'] } },
  probe: async () => ({ present: true, detail: 'one thread' }),
  async load<N extends string>(
    tensors: ReadonlyMap<string, TensorInfo>,
    build: Computation<N>,
    options: BackendOptions,
  ): Promise<LoadedModel<N>> {
    const ops = referenceOps(tensors);
    const forward = build(ops);
    await ops.loaded();
    const trunks = new TrunkKeeper<Tensor>({
      nothing: [],
      async read(batch, count, before) {
        const remembered: Remembered[] = [];
        forward(treeBatch(ops, batch, before, remembered));
        return remembered.map(({ x }) => x.data.subarray(0, count * x.shape[1]));
      },
      place: (values, shape) => tensor(shape, values),
    });
    return {
      info: info(options),
      async run(batch) {
        const outputs = Object.entries<Tensor>(forward(treeBatch(ops, batch, await trunks.of(batch), [])));
        return Object.fromEntries(outputs.map(([name, { data }]) => [name, data])) as Outputs<N>;
      },
      async close() {},
    };
  },
  async loadDecoder(
    tensors: ReadonlyMap<string, TensorInfo>,
    build: NextComputation,
    options: BackendOptions,
  ): Promise<LoadedDecoder> {
    const ops = referenceOps(tensors);
    const next = build(ops);
    await ops.loaded();
    const run = (step: Step) => {
      const remembered: Remembered[] = [];
      return { logits: next(stepBatch(step, remembered)), remembered };
    };
    return {
      info: info(options),
      // Known once the model has run.
      entries: run(firstStep).remembered.map(({ entry }) => entry),
      async run(step) {
        const { logits, remembered } = run(step);
        return { logits: Float32Array.from(logits.data), fresh: remembered.map(({ x }) => Float32Array.from(x.data)) };
      },
      async close() {},
    };
  },
};

function info({ dtype }: BackendOptions): BackendInfo {
  return { name: 'reference', version: process.version, device: 'cpu', dtype, threads: 1 };
}

function vector(values: Int32Array): Tensor {
  return tensor([values.length], values);
}

/** @param trunk What is remembered of the batch's trunk; empty where it has none. */
function treeBatch(
  ops: ReferenceOps,
  batch: Batch,
  trunk: readonly Tensor[],
  remembered: Remembered[],
): TreeBatch<Tensor> {
  return {
    past(role, x, heads, headSize) {
      const i = remembered.push({ entry: { role, heads, headSize }, x }) - 1;
      return trunk[i] ?? tensor([0, heads * headSize], []);
    },
    ids: vector(batch.ids),
    positions: vector(batch.positions),
    mask: ops.treeMask(batch),
    headRows: vector(batch.headRows),
    targetRows: vector(batch.targetRows),
    targets: vector(batch.targets),
  };
}

/** One token after none. */
const firstStep: Step = {
  rows: 1,
  columns: 1,
  ids: Int32Array.of(0),
  positions: Int32Array.of(0),
  mask: Float32Array.of(0),
  lengths: Int32Array.of(0),
  lastRows: Int32Array.of(0),
  capacity: 0,
  past: [],
};

interface Remembered {
  entry: CacheEntry;
  x: Tensor;
}

function stepBatch({ rows, columns, capacity, ...step }: Step, remembered: Remembered[]): StepBatch<Tensor> {
  return {
    ids: vector(step.ids),
    positions: vector(step.positions),
    mask: tensor([rows, columns, capacity + columns], step.mask),
    lastRows: vector(step.lastRows),
    past(role, x, heads, headSize) {
      const entry = { role, heads, headSize };
      const i = remembered.push({ entry, x }) - 1;
      return tensor(pastShape(entry, rows, capacity), step.past[i] ?? []);
    },
  };
}
