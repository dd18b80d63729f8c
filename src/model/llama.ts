/**
 * Llama and Qwen2.5, standard or with Higher-Order Attention: RMSNorm, SwiGLU, grouped keys and values.
 * References: transformers, models/llama/modeling_llama.py and models/qwen2/modeling_qwen2.py.
 */
import { z } from 'zod';
import type { JsonObject } from '../json.ts';
import { type Activation, activationNames, activationOf } from './activations.ts';
import { type Architecture, checkHon, type ModelConfig } from './architecture.ts';
import { checkDivides, configError, positions, readConfig, size } from './config.ts';
import { type Block, buildDecoder } from './decoder.ts';
import { type HonSetting, type Projections, type Role, withInner } from './hon.ts';
import { linear, rmsNorm } from './layers.ts';
import type { Model, Ops } from './ops.ts';
import { readRope } from './rope.ts';
import { longSequences, type RotaryFrequencies } from './rotary.ts';

/** transformers, `LlamaConfig`. */
const llamaKeys = {
  vocab_size: size.default(32000),
  hidden_size: size.default(4096),
  num_hidden_layers: size.default(32),
  num_attention_heads: size.default(32),
  num_key_value_heads: size.nullish(),
  head_dim: size.nullish(),
  intermediate_size: size.default(11008),
  max_position_embeddings: positions.default(2048),
  hidden_act: z.enum(activationNames).default('silu'),
  rms_norm_eps: z.number().nonnegative().default(1e-6),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(false),
};

/** transformers, `Qwen2Config`. */
const qwen2Keys = {
  ...llamaKeys,
  vocab_size: size.default(151936),
  num_key_value_heads: size.nullable().default(32),
  intermediate_size: size.default(22016),
  max_position_embeddings: positions.default(32768),
  use_sliding_window: z.boolean().default(false),
  sliding_window: size.nullable().default(4096),
  max_window_layers: z.int().default(28),
};

interface LlamaConfig extends ModelConfig {
  intermediateSize: number;
  activation: Activation;
  rmsNormEpsilon: number;
  /** Of queries, keys and values. */
  projectionBias: boolean;
  /** Of the attention's output projection. */
  outputBias: boolean;
  mlpBias: boolean;
  frequencies: RotaryFrequencies;
}

const names = { base: 'model.', embedding: 'model.embed_tokens.weight', head: 'lm_head.weight' };

export const llama: Architecture<LlamaConfig> = {
  name: 'LlamaForCausalLM',
  modelType: 'llama',
  names,
  parse(json) {
    const c = readConfig(llama.name, llamaKeys, json);
    checkDivides(llama.name, 'num_attention_heads', c.num_attention_heads, c.hidden_size, 'hidden_size');
    return interpret(llama.name, c, json);
  },
  build,
};

/** Llama with biases on queries, keys and values, and nowhere else. */
export const qwen2: Architecture<LlamaConfig> = {
  name: 'Qwen2ForCausalLM',
  modelType: 'qwen2',
  names,
  parse(json) {
    const c = readConfig(qwen2.name, qwen2Keys, json);
    const slides = c.use_sliding_window && c.sliding_window !== null && !c.layer_types;
    if (slides && c.max_window_layers < c.num_hidden_layers)
      throw configError(qwen2.name, 'use_sliding_window', 'sliding windows are not supported');
    return { ...interpret(qwen2.name, c, json), projectionBias: true, outputBias: false, mlpBias: false };
  },
  build,
};

type Keys<S extends z.ZodRawShape> = ReturnType<typeof readConfig<S>>;

function interpret(
  architecture: string,
  c: Keys<typeof llamaKeys> | Keys<typeof qwen2Keys>,
  json: JsonObject,
): LlamaConfig {
  const { num_attention_heads: heads, max_position_embeddings: contextLength } = c;
  const keyHeads = c.num_key_value_heads ?? heads;
  checkDivides(architecture, 'num_key_value_heads', keyHeads, heads, 'num_attention_heads');
  if (!c.head_dim) checkDivides(architecture, 'num_attention_heads', heads, c.hidden_size, 'hidden_size');
  const headSize = c.head_dim ?? c.hidden_size / heads;
  const frequencies = readRope(json, { architecture, headSize, contextLength });
  const config: LlamaConfig = {
    architecture,
    layers: c.num_hidden_layers,
    hiddenSize: c.hidden_size,
    heads,
    keyHeads,
    headSize,
    vocabularySize: c.vocab_size,
    contextLength,
    long: longSequences(frequencies, contextLength),
    hon: c.hon,
    intermediateSize: c.intermediate_size,
    activation: activationOf(c.hidden_act),
    rmsNormEpsilon: c.rms_norm_eps,
    projectionBias: c.attention_bias,
    outputBias: c.attention_bias,
    mlpBias: c.mlp_bias,
    tiedHead: c.tie_word_embeddings,
    frequencies,
  };
  checkHon(config);
  return config;
}

function build<T>(ops: Ops<T>, config: LlamaConfig): Model<T> {
  const { hiddenSize, vocabularySize } = config;
  const embedding = ops.parameter(names.embedding, [vocabularySize, hiddenSize]);
  const blocks = Array.from({ length: config.layers }, (_, i) => buildBlock(ops, config, `model.layers.${i}`));
  const norm = rmsNorm(ops, 'model.norm', hiddenSize, config.rmsNormEpsilon);
  const head = config.tiedHead ? embedding : ops.parameter(names.head, [vocabularySize, hiddenSize]);
  return buildDecoder(ops, config, {
    embed: (ids) => ops.embedding(embedding, ids),
    blocks,
    head: (x) => ops.linear(norm(x), head),
  });
}

function buildBlock<T>(ops: Ops<T>, config: LlamaConfig, name: string): Block<T> {
  const { hiddenSize, intermediateSize, heads, headSize, rmsNormEpsilon, mlpBias: bias } = config;
  const norm = rmsNorm(ops, `${name}.post_attention_layernorm`, hiddenSize, rmsNormEpsilon);
  const gate = linear(ops, `${name}.mlp.gate_proj`, intermediateSize, hiddenSize, { bias });
  const up = linear(ops, `${name}.mlp.up_proj`, intermediateSize, hiddenSize, { bias });
  const down = linear(ops, `${name}.mlp.down_proj`, hiddenSize, intermediateSize, { bias });
  const mlp = (x: T) => down(ops.mul(ops.activation(gate(x), config.activation), up(x)));
  return {
    attentionNorm: rmsNorm(ops, `${name}.input_layernorm`, hiddenSize, rmsNormEpsilon),
    projections: buildProjections(ops, config, `${name}.self_attn`, config.hon),
    attention: { frequencies: config.frequencies },
    output: linear(ops, `${name}.self_attn.o_proj`, hiddenSize, heads * headSize, { bias: config.outputBias }),
    finish(x, attention) {
      const attended = ops.add(x, attention);
      return ops.add(attended, mlp(norm(attended)));
    },
  };
}

/** Projections of the attention called `name`; the inner ones of `separate` are named `<name>.hon.<role>.…`. */
function buildProjections<T>(
  ops: Ops<T>,
  config: LlamaConfig,
  name: string,
  hon: HonSetting | undefined,
): Projections<T> {
  const { hiddenSize, heads, keyHeads, headSize, projectionBias: bias } = config;
  const project = (role: Role, count: number) =>
    linear(ops, `${name}.${role}_proj`, count * headSize, hiddenSize, { bias });
  const projections = { q: project('q', heads), k: project('k', keyHeads), v: project('v', keyHeads) };
  return withInner(projections, hon, (role, lower) => buildProjections(ops, config, `${name}.hon.${role}`, lower));
}
