import type { TreeBatch } from '../../model/ops.ts';
import { type Backend, type Batch, finishScores } from '../backend.ts';
import { type ReferenceOps, referenceOps, type Tensor, tensor } from './ops.ts';

/** Plain float64 TypeScript on one core: to check the other backends against, not to wait for. */
export const reference: Backend = {
  name: 'reference',
  devices: { cpu: ['float64'] },
  async load(tensors, build, options) {
    const ops = referenceOps(tensors);
    const forward = build(ops);
    await ops.loaded();
    return {
      info: { name: 'reference', version: process.version, device: 'cpu', dtype: options.dtype, threads: 1 },
      async score(batch) {
        const { centred, sum } = forward(treeBatch(ops, batch));
        return finishScores(centred.data, sum.data);
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
