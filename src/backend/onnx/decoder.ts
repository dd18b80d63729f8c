/** Continuing sequences with ONNX Runtime. */
import { env, Tensor } from 'onnxruntime-node';
import type { TensorInfo } from '../../checkpoint/types.ts';
import {
  type BackendOptions,
  type CacheEntry,
  type LoadedDecoder,
  type NextComputation,
  parseDevice,
  type Step,
} from '../backend.ts';
import { pastShape } from '../cache.ts';
import { deviceCaches } from '../device_cache.ts';
import { onnxDevices } from './devices.ts';
import { Graph } from './graph.ts';
import { closeGraphs, onnxMemory, openMemoryGraphs, outputLocations, Runner } from './memory.ts';
import { freshName, type OnnxDtype, onnxOps, pastName } from './ops.ts';
import { explainRun, type Session } from './session.ts';
import { openGraph } from './weights.ts';

export async function loadDecoder(
  tensors: ReadonlyMap<string, TensorInfo>,
  build: NextComputation,
  options: BackendOptions,
): Promise<LoadedDecoder> {
  const { keepsTensors } = onnxDevices[parseDevice(options.device).name];
  const graph = new Graph();
  const ops = onnxOps(graph, { tensors, dtype: options.dtype as OnnxDtype, masksSteps: keepsTensors });
  const next = build(ops);
  const entries: CacheEntry[] = [];
  graph.output('logits', { ...ops.toFloat32(next(ops.step(entries))), shape: ['rows', 'vocabulary'] });
  const kept = keepsTensors ? outputLocations(['logits', ...entries.map((_, i) => freshName(i))]) : undefined;
  const session = await openGraph(graph, { ...options, outputLocations: kept });
  return keepsTensors ? onDevice(session, entries, options) : inMemory(session, entries, options);
}

/** What remembers is in memory, and goes to the device and comes back at each step. */
function inMemory(decoder: Session, entries: readonly CacheEntry[], options: BackendOptions): LoadedDecoder {
  return {
    info: infoOf(decoder, options),
    entries,
    async run(step) {
      const { rows, columns, capacity } = step;
      const mask = new Tensor('float32', step.mask, [rows, 1, columns, capacity + columns]);
      const runner = new Runner();
      const outputs = await explained(() => runner.run(decoder, { ...stepFeeds(step, entries), mask }), options);
      const data = (name: string) => outputs[name].data as Float32Array;
      return { logits: data('logits'), fresh: entries.map((_, i) => data(freshName(i))) };
    },
    close: () => decoder.session.release(),
  };
}

/** What remembers stays on the device. */
async function onDevice(
  decoder: Session,
  entries: readonly CacheEntry[],
  options: BackendOptions,
): Promise<LoadedDecoder> {
  const graphs = await openMemoryGraphs(entries, options);
  const runner = new Runner();
  const memory = onnxMemory(entries, decoder, graphs, runner);
  const openCache = deviceCaches({
    ...memory,
    gather: (sources, capacity) => explained(() => memory.gather(sources, capacity), options),
    step: (block, step) => explained(() => memory.step(block, step), options),
  });
  return {
    info: infoOf(decoder, options),
    entries,
    async run(step) {
      const capacity = new Tensor('int32', Int32Array.of(step.capacity), []);
      const lengths = new Tensor('int32', step.lengths, [step.rows]);
      const feeds = { ...stepFeeds(step, entries), lengths, capacity };
      const { logits, ...fresh } = await explained(() => runner.run(decoder, feeds), options);
      const read = await runner.run(graphs.read, fresh);
      const data = (tensor: Tensor) => tensor.data as Float32Array;
      return { logits: data(logits), fresh: entries.map((_, i) => data(read[`read.${i}`])) };
    },
    openCache,
    transferred: () => runner.bytes,
    async close() {
      await Promise.all([decoder.session.release(), closeGraphs(graphs)]);
    },
  };
}

function infoOf({ threads }: Session, { device, dtype }: BackendOptions): LoadedDecoder['info'] {
  return { name: 'onnx', version: env.versions.common, device, dtype, threads };
}

async function explained<R>(run: () => Promise<R>, { device }: BackendOptions): Promise<R> {
  try {
    return await run();
  } catch (error) {
    throw explainRun(error, 'A step', device);
  }
}

function stepFeeds({ rows, columns, capacity, ...step }: Step, entries: readonly CacheEntry[]): Record<string, Tensor> {
  const past = entries.map((entry, i) => [
    pastName(i),
    new Tensor('float32', step.past[i], pastShape(entry, rows, capacity)),
  ]);
  return {
    ids: new Tensor('int32', step.ids, [rows, columns]),
    positions: new Tensor('int32', step.positions, [rows, columns]),
    lastRows: new Tensor('int32', step.lastRows, [rows]),
    ...Object.fromEntries(past),
  };
}
