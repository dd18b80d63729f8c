/** What a batch takes of memory, against what is counted beforehand, by which a GPU's batches are chosen. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import type { CacheEntry } from '../../src/backend/backend.ts';
import { onnxDevices } from '../../src/backend/onnx/devices.ts';
import { Graph } from '../../src/backend/onnx/graph.ts';
import { onnxOps, pastName } from '../../src/backend/onnx/ops.ts';
import { openSession } from '../../src/backend/onnx/session.ts';
import { placeWeights } from '../../src/backend/onnx/weights.ts';
import type { TensorInfo } from '../../src/checkpoint/types.ts';
import type { JsonObject } from '../../src/json.ts';
import { buildModel } from '../../src/model/index.ts';
import { parameterShapes, traceModel } from '../../src/model/trace.ts';
import { temporaryFolder, tinyConfig } from '../model/tiny_checkpoint.ts';

const gptNeoX = { ...tinyConfig, hidden_size: 64, num_attention_heads: 8, max_position_embeddings: 1024 };
const qwen2 = { architectures: ['Qwen2ForCausalLM'], hidden_size: 64, num_hidden_layers: 2, num_attention_heads: 8 };
const qkv = { order: 3, projections: ['q', 'k', 'v'], inner: 'shared' };

/** Models of which one part takes the most. */
const models: [what: string, config: JsonObject, rows: number, columns: number][] = [
  ['a large vocabulary', { ...gptNeoX, vocab_size: 50257 }, 2, 128],
  ['many heads on a long text', gptNeoX, 1, 1024],
  ['wide gated layers', { ...qwen2, num_key_value_heads: 2, intermediate_size: 8192, vocab_size: 64 }, 8, 128],
  ['every projection refined twice', { ...gptNeoX, hidden_size: 256, hon: qkv }, 128, 64],
];

/** Tensors of zeros of the shapes that `config` asks for, all of them the same bytes of one file. */
function zeros(config: JsonObject): Map<string, TensorInfo> {
  const file = join(temporaryFolder(), 'model.safetensors');
  const lengthOf = (shape: readonly number[]) => 4 * shape.reduce((a, b) => a * b, 1);
  const shapes = parameterShapes(config);
  writeFileSync(file, new Uint8Array(Math.max(...[...shapes.values()].map(lengthOf))));
  const info = (shape: readonly number[]): TensorInfo => ({
    dtype: 'F32',
    shape: [...shape],
    file,
    offset: 0,
    length: lengthOf(shape),
  });
  return new Map([...shapes].map(([name, shape]) => [name, info(shape)]));
}

/** Texts without branches, of which every token predicts another, after a trunk of places without tokens. */
function feeds(entries: readonly CacheEntry[], rows: number, columns: number): Record<string, Tensor> {
  const cells = rows * columns;
  const tensor = (shape: number[], value: (i: number) => number) =>
    new Tensor(
      'int32',
      Int32Array.from({ length: cells }, (_, i) => value(i)),
      shape,
    );
  const past = entries.map(({ heads, headSize }, i) => {
    const width = heads * headSize;
    return [pastName(i), new Tensor('float32', new Float32Array(4 * width), [4, width])];
  });
  return {
    ...Object.fromEntries(past),
    trunk: new Tensor('int32', new Int32Array(4), [4]),
    remembered: new Tensor('int64', BigInt64Array.of(0n), [1]),
    ids: tensor([rows, columns], () => 1),
    positions: tensor([rows, columns], (i) => i % columns),
    ends: tensor([rows, columns], () => columns),
    headRows: tensor([cells], (i) => i),
    targetRows: tensor([cells], (i) => i),
    targets: tensor([cells], () => 1),
  };
}

test.each(models)('%s', async (_, config, rows, columns) => {
  const graph = new Graph();
  const ops = onnxOps(graph, { tensors: zeros(config), dtype: 'float32', attention: onnxDevices.webgpu.attention });
  const entries: CacheEntry[] = [];
  const outputs = buildModel(ops, config).score(ops.batch(entries));
  for (const [name, value] of Object.entries(outputs)) graph.output(name, value);
  const { locate, ...place } = await placeWeights(graph.weights);
  const { session } = await openSession(graph.encode(locate), place, { device: 'cpu', dtype: 'float32', threads: 1 });
  await session.run(feeds(entries, 1, 4));
  const before = process.memoryUsage().rss;
  await session.run(feeds(entries, rows, columns));
  // The session keeps what it has freed.
  const taken = process.memoryUsage().rss - before;
  await session.release();
  const tokens = rows * columns;
  const counted = traceModel(config, { tokens, visible: columns, predicting: tokens }).activations;
  expect(counted).toBeGreaterThan(40 * 2 ** 20);
  expect(counted / taken).toBeGreaterThan(0.4);
  expect(counted / taken).toBeLessThan(2.5);
});
