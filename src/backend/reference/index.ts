import type { TensorInfo } from '../../checkpoint/types.ts';
import type { TreeBatch } from '../../model/ops.ts';
import type { Backend, BackendOptions, Batch, Computation, LoadedModel, Outputs } from '../backend.ts';
import { type ReferenceOps, referenceOps, type Tensor, tensor } from './ops.ts';

/** Plain float64 TypeScript on one core: to check the other backends against, not to wait for. */
export const reference: Backend = {
  name: 'reference',
  devices: { cpu: ['float64'] },
  probe: async () => ({ present: true, detail: 'one thread' }),
  async load<N extends string>(
    tensors: ReadonlyMap<string, TensorInfo>,
    build: Computation<N>,
    options: BackendOptions,
  ): Promise<LoadedModel<N>> {
    const ops = referenceOps(tensors);
    const forward = build(ops);
    await ops.loaded();
    return {
      info: { name: 'reference', version: process.version, device: 'cpu', dtype: options.dtype, threads: 1 },
      async run(batch) {
        const outputs = Object.entries<Tensor>(forward(treeBatch(ops, batch)));
        return Object.fromEntries(outputs.map(([name, { data }]) => [name, data])) as Outputs<N>;
      },
      async close() {},
    };
  },
};

function treeBatch(ops: ReferenceOps, batch: Batch): TreeBatch<Tensor> {
  const vector = (values: Int32Array) => tensor([values.length], values);
  return {
    ids: vector(batch.ids),
    positions: vector(batch.positions),
    mask: ops.treeMask(batch.ends, batch.rows, batch.columns),
    headRows: vector(batch.headRows),
    targetRows: vector(batch.targetRows),
    targets: vector(batch.targets),
  };
}
