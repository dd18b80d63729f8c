import { env, Tensor } from 'onnxruntime-node';
import type { TensorInfo } from '../../checkpoint/types.ts';
import {
  type Backend,
  type BackendOptions,
  type Batch,
  type CacheEntry,
  type Computation,
  columnStep,
  type LoadedModel,
  type Outputs,
  parseDevice,
} from '../backend.ts';
import { TrunkKeeper } from '../trunk.ts';
import { loadDecoder } from './decoder.ts';
import { onnxDevices } from './devices.ts';
import { Graph, type Value } from './graph.ts';
import { freshName, type OnnxDtype, onnxOps, pastName } from './ops.ts';
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
    const entries: CacheEntry[] = [];
    const outputs = build(ops)(ops.batch(entries));
    for (const [name, value] of Object.entries<Value>(outputs)) graph.output(name, value);
    return loaded(await openGraph(graph, options), Object.keys(outputs) as N[], entries, options);
  },
  loadDecoder,
};

function loaded<N extends string>(
  { session, threads, freeMemory }: Session,
  names: readonly N[],
  entries: readonly CacheEntry[],
  { device, dtype }: BackendOptions,
): LoadedModel<N> {
  async function run<K extends string>(
    batch: Batch,
    trunk: readonly Tensor[],
    remembered: number,
    wanted: readonly K[],
  ) {
    const past = Object.fromEntries(trunk.map((tensor, i) => [pastName(i), tensor]));
    try {
      const outputs = await session.run({ ...feeds(batch, remembered), ...past }, wanted);
      return Object.fromEntries(wanted.map((name) => [name, outputs[name].data])) as Outputs<K>;
    } catch (error) {
      throw explainRun(error, 'A batch', device);
    }
  }
  const trunks = new TrunkKeeper<Tensor>({
    nothing: entries.map(({ heads, headSize }) => placed(new Float32Array(), [0, heads * headSize])),
    async read(batch, count, before) {
      const fresh = entries.map((_, i) => freshName(i));
      const outputs = await run(batch, before, count, fresh);
      return fresh.map((name) => outputs[name]);
    },
    place: placed,
  });
  return {
    info: { name: 'onnx', version: env.versions.common, device, dtype, threads },
    freeMemory,
    run: async (batch) => run(batch, await trunks.of(batch), 0, names),
    close: () => session.release(),
  };
}

/** Places for the tokens of a trunk: a whole number of steps, and some for none, as WebGPU has no empty tensors. */
function placesFor(tokens: number): number {
  return columnStep * Math.max(1, Math.ceil(tokens / columnStep));
}

/** What is remembered of a trunk, in its places. */
function placed(values: ArrayLike<number>, [tokens, width]: [number, number]): Tensor {
  const data = new Float32Array(placesFor(tokens) * width);
  data.set(values);
  return new Tensor('float32', data, [placesFor(tokens), width]);
}

/** @param remembered Tokens of which the graph puts out what is to be remembered. */
function feeds({ trunk, ...batch }: Batch, remembered: number): Record<string, Tensor> {
  const grid = [batch.rows, batch.columns];
  const tokens = trunk?.length ?? 0;
  const trunkEnds = new Int32Array(placesFor(tokens)).fill(2 ** 31 - 1, 0, tokens);
  return {
    ids: new Tensor('int32', batch.ids, grid),
    positions: new Tensor('int32', batch.positions, grid),
    ends: new Tensor('int32', batch.ends, grid),
    trunk: new Tensor('int32', trunkEnds, [trunkEnds.length]),
    remembered: new Tensor('int64', BigInt64Array.of(BigInt(remembered)), [1]),
    headRows: new Tensor('int32', batch.headRows, [batch.headRows.length]),
    targetRows: new Tensor('int32', batch.targetRows, [batch.targetRows.length]),
    targets: new Tensor('int32', batch.targets, [batch.targets.length]),
  };
}
