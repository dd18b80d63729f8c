import { env, Tensor } from 'onnxruntime-node';
import type { TensorInfo } from '../../checkpoint/types.ts';
import {
  type Backend,
  type BackendOptions,
  type Batch,
  type Computation,
  type LoadedModel,
  type Outputs,
  parseDevice,
} from '../backend.ts';
import { loadDecoder } from './decoder.ts';
import { onnxDevices } from './devices.ts';
import { Graph, type Value } from './graph.ts';
import { type OnnxDtype, onnxOps } from './ops.ts';
import { probe } from './probe.ts';
import { explainRun, type Session } from './session.ts';
import { openGraph } from './weights.ts';

/** ONNX Runtime: the traced graph, multi-threaded on a CPU, or on a GPU. */
export const onnx: Backend = {
  name: 'onnx',
  devices: onnxDevices,
  probe,
  async load<N extends string>(
    tensors: ReadonlyMap<string, TensorInfo>,
    build: Computation<N>,
    options: BackendOptions,
  ): Promise<LoadedModel<N>> {
    const graph = new Graph();
    const { attention } = onnxDevices[parseDevice(options.device).name];
    const ops = onnxOps(graph, { tensors, dtype: options.dtype as OnnxDtype, attention });
    const outputs = build(ops)(ops.batch());
    for (const [name, value] of Object.entries<Value>(outputs)) graph.output(name, value);
    return loaded(await openGraph(graph, options), options);
  },
  loadDecoder,
};

function loaded<N extends string>(
  { session, threads, freeMemory }: Session,
  { device, dtype }: BackendOptions,
): LoadedModel<N> {
  return {
    info: { name: 'onnx', version: env.versions.common, device, dtype, threads },
    freeMemory,
    async run(batch) {
      try {
        const outputs = Object.entries(await session.run(feeds(batch)));
        return Object.fromEntries(outputs.map(([name, { data }]) => [name, data])) as Outputs<N>;
      } catch (error) {
        throw explainRun(error, 'A batch', device);
      }
    },
    close: () => session.release(),
  };
}

function feeds(batch: Batch): Record<string, Tensor> {
  const grid = [batch.rows, batch.columns];
  return {
    ids: new Tensor('int32', batch.ids, grid),
    positions: new Tensor('int32', batch.positions, grid),
    ends: new Tensor('int32', batch.ends, grid),
    headRows: new Tensor('int32', batch.headRows, [batch.headRows.length]),
    targetRows: new Tensor('int32', batch.targetRows, [batch.targetRows.length]),
    targets: new Tensor('int32', batch.targets, [batch.targets.length]),
  };
}
