/** Tiny random checkpoints, written to a temporary folder. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { TensorInfo } from '../../src/checkpoint/types.ts';
import type { JsonObject } from '../../src/json.ts';
import type { HonSetting } from '../../src/model/hon.ts';
import type { Weights } from './naive_gpt_neox.ts';

/** Uniform in [-1, 1), the same on every machine (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
}

export const tinyConfig = {
  architectures: ['GPTNeoXForCausalLM'],
  model_type: 'gpt_neox',
  hidden_size: 16,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 32,
  vocab_size: 29,
  max_position_embeddings: 64,
  rotary_pct: 0.5,
  use_parallel_residual: true,
};

/** Weights large enough that attention is far from uniform, with the inner projections that `hon` asks for. */
export function randomWeights(config: typeof tinyConfig, hon: HonSetting | undefined, seed = 1): Weights {
  const random = randomNumbers(seed);
  const weights: Weights = {};
  const add = (name: string, shape: number[], scale: number, centre = 0) => {
    const size = shape.reduce((a, b) => a * b, 1);
    weights[name] = { shape, values: Float32Array.from({ length: size }, () => centre + scale * random()) };
  };
  const { hidden_size: d, intermediate_size: m, vocab_size: v } = config;
  const linear = (name: string, outputs: number, inputs: number) => {
    add(`${name}.weight`, [outputs, inputs], 3 / Math.sqrt(inputs));
    add(`${name}.bias`, [outputs], 0.5);
  };
  const norm = (name: string) => {
    add(`${name}.weight`, [d], 0.5, 1);
    add(`${name}.bias`, [d], 0.5);
  };
  const attention = (name: string, order: number) => {
    linear(`${name}.query_key_value`, 3 * d, d);
    if (hon?.inner === 'separate' && order > 1)
      for (const role of hon.projections) attention(`${name}.hon.${role}`, order - 1);
  };
  add('gpt_neox.embed_in.weight', [v, d], 1);
  add('embed_out.weight', [v, d], 1);
  norm('gpt_neox.final_layer_norm');
  for (let i = 0; i < config.num_hidden_layers; i++) {
    const layer = `gpt_neox.layers.${i}`;
    norm(`${layer}.input_layernorm`);
    norm(`${layer}.post_attention_layernorm`);
    attention(`${layer}.attention`, hon?.order ?? 1);
    linear(`${layer}.attention.dense`, d, d);
    linear(`${layer}.mlp.dense_h_to_4h`, m, d);
    linear(`${layer}.mlp.dense_4h_to_h`, d, m);
  }
  return weights;
}

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hon-eval-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes float32 `weights` as `<folder>/model.safetensors` and returns where each is. */
export function writeSafetensors(folder: string, weights: Weights): Map<string, TensorInfo> {
  const file = join(folder, 'model.safetensors');
  const header: JsonObject = {};
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { shape, values }] of Object.entries(weights)) {
    const bytes = new Uint8Array(Float32Array.from(values).buffer);
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + bytes.length] };
    offset += bytes.length;
    parts.push(bytes);
  }
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  writeFileSync(file, Buffer.concat([size, text, ...parts]));
  const tensors = new Map<string, TensorInfo>();
  for (const [name, { shape }] of Object.entries(weights)) {
    const [begin, end] = (header[name] as { data_offsets: [number, number] }).data_offsets;
    tensors.set(name, { dtype: 'F32', shape, file, offset: 8 + text.length + begin, length: end - begin });
  }
  return tensors;
}
