import { env, Tensor } from 'onnxruntime-node';
import type { TensorInfo } from '../../checkpoint/types.ts';
import {
  type Backend,
  type BackendOptions,
  type Batch,
  type CacheEntry,
  type Computation,
  type LoadedDecoder,
  type LoadedModel,
  type NextComputation,
  type Outputs,
  parseDevice,
  type Step,
} from '../backend.ts';
import { pastShape } from '../cache.ts';
import { onnxDevices } from './devices.ts';
import { Graph, type Value } from './graph.ts';
import { freshName, type OnnxDtype, onnxOps, pastName } from './ops.ts';
import { probe } from './probe.ts';
import { explainRun, openSession, type Session } from './session.ts';
import { placeWeights } from './weights.ts';

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
  async loadDecoder(
    tensors: ReadonlyMap<string, TensorInfo>,
    build: NextComputation,
    options: BackendOptions,
  ): Promise<LoadedDecoder> {
    const graph = new Graph();
    const ops = onnxOps(graph, { tensors, dtype: options.dtype as OnnxDtype });
    const next = build(ops);
    const entries: CacheEntry[] = [];
    graph.output('logits', { ...ops.toFloat32(next(ops.step(entries))), shape: ['rows', 'vocabulary'] });
    return loadedDecoder(await openGraph(graph, options), entries, options);
  },
};

async function openGraph(graph: Graph, options: BackendOptions): Promise<Session> {
  const { locate, ...place } = await placeWeights(graph.weights);
  return openSession(graph.encode(locate), place, options);
}

function loadedDecoder(
  { session, threads }: Session,
  entries: readonly CacheEntry[],
  { device, dtype }: BackendOptions,
): LoadedDecoder {
  return {
    info: { name: 'onnx', version: env.versions.common, device, dtype, threads },
    entries,
    async run(step) {
      try {
        const outputs = await session.run(stepFeeds(step, entries));
        const data = (name: string) => outputs[name].data as Float32Array;
        return { logits: data('logits'), fresh: entries.map((_, i) => data(freshName(i))) };
      } catch (error) {
        throw explainRun(error, 'A step', device);
      }
    },
    close: () => session.release(),
  };
}

function stepFeeds({ rows, columns, capacity, ...step }: Step, entries: readonly CacheEntry[]): Record<string, Tensor> {
  const past = entries.map((entry, i) => [
    pastName(i),
    new Tensor('float32', step.past[i], pastShape(entry, rows, capacity)),
  ]);
  return {
    ids: new Tensor('int32', step.ids, [rows, columns]),
    positions: new Tensor('int32', step.positions, [rows, columns]),
    mask: new Tensor('float32', step.mask, [rows, 1, columns, capacity + columns]),
    lastRows: new Tensor('int32', step.lastRows, [rows]),
    ...Object.fromEntries(past),
  };
}

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
