/**
 * Llama and Qwen2.5, standard or with Higher-Order Attention: RMSNorm, SwiGLU, grouped keys and values.
 * References: transformers, models/llama/modeling_llama.py and models/qwen2/modeling_qwen2.py.
 */
import { z } from 'zod';
import type { JsonObject } from '../json.ts';
import { type Architecture, checkHon, honKey, type ModelConfig, parseConfig, positions } from './architecture.ts';
import { type Block, buildDecoder } from './decoder.ts';
import { type HonSetting, type Projections, type Role, withInner } from './hon.ts';
import { linear, rmsNorm } from './layers.ts';
import type { Model, Ops } from './ops.ts';
import { type RopeParameters, ropeKeys, rotaryFrequencies } from './rotary.ts';

const schema = z
  .looseObject({
    hidden_size: z.int().positive(),
    num_hidden_layers: z.int().positive(),
    num_attention_heads: z.int().positive(),
    num_key_value_heads: z.int().positive().nullish(),
    head_dim: z.int().positive().nullish(),
    intermediate_size: z.int().positive(),
    vocab_size: z.int().positive(),
    max_position_embeddings: positions,
    hidden_act: z.literal('silu').default('silu'),
    rms_norm_eps: z.number().positive().default(1e-6),
    attention_bias: z.boolean().default(false),
    mlp_bias: z.boolean().default(false),
    tie_word_embeddings: z.boolean().default(false),
    use_sliding_window: z.literal(false).default(false),
    ...ropeKeys,
    ...honKey,
  })
  .refine((c) => c.head_dim || c.hidden_size % c.num_attention_heads === 0, {
    path: ['num_attention_heads'],
    error: 'does not divide hidden_size',
  })
  .refine((c) => c.num_attention_heads % (c.num_key_value_heads ?? c.num_attention_heads) === 0, {
    path: ['num_key_value_heads'],
    error: 'does not divide num_attention_heads',
  });

interface LlamaConfig extends ModelConfig {
  intermediateSize: number;
  rmsNormEpsilon: number;
  /** Of queries, keys and values. */
  projectionBias: boolean;
  /** Of the attention's output projection. */
  outputBias: boolean;
  mlpBias: boolean;
  tiedHead: boolean;
  rotaryBase: number;
  rope?: RopeParameters | null;
}

export const llama: Architecture<LlamaConfig> = {
  name: 'LlamaForCausalLM',
  modelType: 'llama',
  parse: (json) => parse(llama.name, json),
  build,
};

/** Llama with biases on queries, keys and values, and nowhere else. */
export const qwen2: Architecture<LlamaConfig> = {
  name: 'Qwen2ForCausalLM',
  modelType: 'qwen2',
  parse: (json) => ({ ...parse(qwen2.name, json), projectionBias: true, outputBias: false, mlpBias: false }),
  build,
};

function parse(architecture: string, json: JsonObject): LlamaConfig {
  const c = parseConfig(architecture, schema, json);
  const config: LlamaConfig = {
    architecture,
    layers: c.num_hidden_layers,
    hiddenSize: c.hidden_size,
    heads: c.num_attention_heads,
    keyHeads: c.num_key_value_heads ?? c.num_attention_heads,
    headSize: c.head_dim ?? c.hidden_size / c.num_attention_heads,
    vocabularySize: c.vocab_size,
    contextLength: c.max_position_embeddings,
    hon: c.hon,
    intermediateSize: c.intermediate_size,
    rmsNormEpsilon: c.rms_norm_eps,
    projectionBias: c.attention_bias,
    outputBias: c.attention_bias,
    mlpBias: c.mlp_bias,
    tiedHead: c.tie_word_embeddings,
    rotaryBase: c.rope_parameters?.rope_theta ?? c.rope_theta ?? 10000,
    rope: c.rope_parameters ?? c.rope_scaling,
  };
  checkHon(config);
  return config;
}

function build<T>(ops: Ops<T>, config: LlamaConfig): Model<T> {
  const { hiddenSize, vocabularySize } = config;
  const embedding = ops.parameter('model.embed_tokens.weight', [vocabularySize, hiddenSize]);
  return buildDecoder(ops, config, {
    embedding,
    head: config.tiedHead ? embedding : ops.parameter('lm_head.weight', [vocabularySize, hiddenSize]),
    blocks: Array.from({ length: config.layers }, (_, i) => buildBlock(ops, config, `model.layers.${i}`)),
    finalNorm: rmsNorm(ops, 'model.norm', hiddenSize, config.rmsNormEpsilon),
    frequencies: rotaryFrequencies(config.rope, config.headSize, config.rotaryBase, config.contextLength),
  });
}

function buildBlock<T>(ops: Ops<T>, config: LlamaConfig, name: string): Block<T> {
  const { hiddenSize, intermediateSize, heads, headSize, rmsNormEpsilon, mlpBias: bias } = config;
  const norm = rmsNorm(ops, `${name}.post_attention_layernorm`, hiddenSize, rmsNormEpsilon);
  const gate = linear(ops, `${name}.mlp.gate_proj`, intermediateSize, hiddenSize, { bias });
  const up = linear(ops, `${name}.mlp.up_proj`, intermediateSize, hiddenSize, { bias });
  const down = linear(ops, `${name}.mlp.down_proj`, hiddenSize, intermediateSize, { bias });
  const mlp = (x: T) => down(ops.mul(ops.silu(gate(x)), up(x)));
  return {
    attentionNorm: rmsNorm(ops, `${name}.input_layernorm`, hiddenSize, rmsNormEpsilon),
    projections: buildProjections(ops, config, `${name}.self_attn`, config.hon),
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
