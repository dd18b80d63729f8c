/**
 * What a model computes where on a WebGPU device, by ONNX Runtime's own profile: all but the arithmetic of shapes has a
 * kernel there, so no tensor crosses on the way from the inputs to the scores.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import type { CacheEntry } from '../../src/backend/backend.ts';
import { onnxDevices } from '../../src/backend/onnx/devices.ts';
import { Graph } from '../../src/backend/onnx/graph.ts';
import { onnxOps, pastName } from '../../src/backend/onnx/ops.ts';
import { placeWeights } from '../../src/backend/onnx/weights.ts';
import { openCheckpoint } from '../../src/checkpoint/open.ts';
import { buildModel } from '../../src/model/index.ts';
import { temporaryFolder } from '../model/tiny_checkpoint.ts';
import { covering } from './covering.ts';
import { testDevices } from './devices.ts';

const models = new URL('../fixtures/model/', import.meta.url).pathname;
const hasWebGpu = testDevices.some(({ device }) => device === 'webgpu');

type Shapes = Record<string, number[]>[];
interface ProfileEvent {
  args?: { provider?: string; op_name?: string; input_type_shape?: Shapes; output_type_shape?: Shapes };
}

/** Two rows of four tokens, three of which predict something, after a trunk of three in four places. */
function feeds(entries: readonly CacheEntry[]): Record<string, Tensor> {
  const tensor = (values: number[], shape: number[]) => new Tensor('int32', Int32Array.from(values), shape);
  const past = entries.map(({ heads, headSize }, i) => {
    const width = heads * headSize;
    return [pastName(i), new Tensor('float32', new Float32Array(4 * width), [4, width])];
  });
  return {
    ...Object.fromEntries(past),
    trunk: tensor([9, 9, 9, 0], [4]),
    remembered: new Tensor('int64', BigInt64Array.of(0n), [1]),
    ids: tensor([1, 2, 3, 4, 5, 6, 7, 8], [2, 4]),
    positions: tensor([0, 1, 2, 3, 0, 1, 2, 2], [2, 4]),
    ends: tensor([4, 4, 4, 4, 4, 4, 3, 4], [2, 4]),
    headRows: tensor([1, 2, 6], [3]),
    targetRows: tensor([0, 1, 2, 2], [4]),
    targets: tensor([3, 4, 5, 6], [4]),
  };
}

/** Operators that ran on each provider, those on the CPU with the shapes of what they read and made. */
async function profile(name: string): Promise<{ gpu: string[]; cpu: { operator: string; shapes: Shapes }[] }> {
  const { config, tensors } = await openCheckpoint(`${models}${name}`);
  const graph = new Graph();
  const ops = onnxOps(graph, { tensors, dtype: 'float32', attention: onnxDevices.webgpu.attention });
  const entries: CacheEntry[] = [];
  const outputs = buildModel(ops, config).score(ops.batch(entries));
  for (const [output, value] of Object.entries(outputs)) graph.output(output, value);
  const { locate, folder, files } = await placeWeights(graph.weights);
  const output = temporaryFolder();
  const session = await InferenceSession.create(graph.encode(locate), {
    executionProviders: ['webgpu', 'cpu'],
    enableProfiling: true,
    profileFilePrefix: join(output, 'profile'),
    ...(files && { externalData: files }),
    ...(folder !== undefined && { extra: { session: { model_external_initializers_file_folder_path: folder } } }),
  });
  await session.run(feeds(entries));
  session.endProfiling();
  await session.release();
  const [file] = readdirSync(output);
  const events: ProfileEvent[] = JSON.parse(readFileSync(join(output, file), 'utf8'));
  const on = (provider: string) => events.flatMap(({ args }) => (args?.provider?.startsWith(provider) ? [args] : []));
  return {
    gpu: on('WebGpu').map(({ op_name }) => op_name!),
    cpu: on('CPU').map(({ op_name, input_type_shape = [], output_type_shape = [] }) => {
      return { operator: op_name!, shapes: [...input_type_shape, ...output_type_shape] };
    }),
  };
}

/** Whether all that is read and made are a few whole numbers, as shapes are. */
function isOfShapes(shapes: Shapes): boolean {
  return shapes.flatMap(Object.entries).every(([type, shape]) => {
    return /^int/.test(type) && shape.length <= 1 && shape.every((size: number) => size <= 5);
  });
}

/** Every operation that any architecture and Hon setting asks for; profiled sessions share no compiled shaders. */
const profiled = hasWebGpu ? await covering(models, readdirSync(models), 'nodes') : [];

test.runIf(hasWebGpu).each(profiled)('%s', async (name) => {
  const { gpu, cpu } = await profile(name);
  expect(cpu.filter(({ shapes }) => !isOfShapes(shapes))).toEqual([]);
  expect(gpu.filter((operator) => operator.startsWith('Memcpy'))).toEqual([]);
  // Products and softmaxes are there, so this was a profile of the model.
  expect(gpu).toContain('Softmax');
  expect(gpu.filter((operator) => operator === 'MatMul').length).toBeGreaterThan(1);
});

test.skipIf(hasWebGpu)('there is no Vulkan driver: install chromium and libvulkan1, or a GPU driver', () => {});
