import { availableParallelism } from 'node:os';
import { dirname, sep } from 'node:path';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import type { TensorInfo } from '../../checkpoint/types.ts';
import { HonEvalError } from '../../errors.ts';
import { type Backend, type BackendOptions, type Batch, finishScores, type LoadedModel } from '../backend.ts';
import { Graph } from './graph.ts';
import { onnxOps } from './ops.ts';

/** ONNX Runtime: the traced graph, multi-threaded on a CPU. */
export const onnx: Backend = {
  name: 'onnx',
  devices: ['cpu'],
  dtypes: ['float32'],
  async load(tensors, build, options) {
    if (options.dtype === 'float64') throw new HonEvalError('usage', 'the onnx backend does not compute in float64');
    const root = commonFolder([...tensors.values()]);
    const graph = new Graph(root);
    const ops = onnxOps(graph, { tensors, dtype: options.dtype });
    const scores = build(ops)(ops.batch());
    graph.output('centred', scores.centred, 'float32', ['targets']);
    graph.output('sum', scores.sum, 'float32', ['targets']);
    const threads = options.threads ?? availableParallelism();
    const session = await InferenceSession.create(graph.encode(), {
      executionProviders: ['cpu'],
      intraOpNumThreads: threads,
      logSeverityLevel: 3,
      // The weights stay in the checkpoint's own files; the graph refers to them relative to this folder.
      extra: { session: { model_external_initializers_file_folder_path: root } },
    });
    return loaded(session, options, threads);
  },
};

function loaded(session: InferenceSession, options: BackendOptions, threads: number): LoadedModel {
  return {
    info: {
      name: 'onnx',
      version: env.versions.common,
      device: options.device,
      dtype: options.dtype,
      threads,
    },
    async score(batch) {
      const { centred, sum } = await session.run(feeds(batch));
      return finishScores(centred.data as Float32Array, sum.data as Float32Array);
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

/** The deepest folder that holds every file; ONNX Runtime refuses paths that leave the one it is given. */
function commonFolder(tensors: TensorInfo[]): string {
  const folders = [...new Set(tensors.map((info) => dirname(info.file)))].map((folder) => folder.split(sep));
  let depth = 0;
  while (folders.every((folder) => depth < folder.length && folder[depth] === folders[0][depth])) depth++;
  return folders[0].slice(0, depth).join(sep);
}
