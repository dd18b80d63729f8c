/**
 * GPT-NeoX, the architecture of Pythia, standard or with Higher-Order Attention.
 * Reference: transformers, models/gpt_neox/modeling_gpt_neox.py.
 */
import { z } from 'zod';
import { type Architecture, checkHon, honKey, type ModelConfig, parseConfig, positions } from './architecture.ts';
import { type Block, buildDecoder } from './decoder.ts';
import { type HonSetting, type Projections, withInner } from './hon.ts';
import { layerNorm, linear } from './layers.ts';
import type { Model, Ops } from './ops.ts';
import { type RopeParameters, ropeKeys, rotaryFrequencies } from './rotary.ts';

const activations = { gelu: 'none', gelu_new: 'tanh', gelu_fast: 'tanh', gelu_pytorch_tanh: 'tanh' } as const;

const schema = z.looseObject({
  hidden_size: z.int().positive(),
  num_hidden_layers: z.int().positive(),
  num_attention_heads: z.int().positive(),
  intermediate_size: z.int().positive(),
  vocab_size: z.int().positive(),
  max_position_embeddings: positions.default(2048),
  hidden_act: z.enum(Object.keys(activations) as (keyof typeof activations)[]).default('gelu'),
  layer_norm_eps: z.number().positive().default(1e-5),
  use_parallel_residual: z.boolean().default(true),
  attention_bias: z.boolean().default(true),
  tie_word_embeddings: z.boolean().default(false),
  rotary_pct: z.number().gt(0).max(1).default(0.25),
  rotary_emb_base: z.number().positive().default(10000),
  ...ropeKeys,
  ...honKey,
});

interface GPTNeoXConfig extends ModelConfig {
  intermediateSize: number;
  gelu: 'none' | 'tanh';
  layerNormEpsilon: number;
  parallelResidual: boolean;
  attentionBias: boolean;
  tiedHead: boolean;
  /** Leading elements of a head that are rotated. */
  rotarySize: number;
  rotaryBase: number;
  rope?: RopeParameters | null;
}

export const gptNeoX: Architecture<GPTNeoXConfig> = { name: 'GPTNeoXForCausalLM', modelType: 'gpt_neox', parse, build };

function parse(json: Parameters<Architecture['parse']>[0]): GPTNeoXConfig {
  const schemaWithHeads = schema.refine((c) => c.hidden_size % c.num_attention_heads === 0, {
    path: ['num_attention_heads'],
    error: 'does not divide hidden_size',
  });
  const c = parseConfig('GPTNeoXForCausalLM', schemaWithHeads, json);
  const headSize = c.hidden_size / c.num_attention_heads;
  const config: GPTNeoXConfig = {
    architecture: gptNeoX.name,
    layers: c.num_hidden_layers,
    hiddenSize: c.hidden_size,
    heads: c.num_attention_heads,
    keyHeads: c.num_attention_heads,
    headSize,
    vocabularySize: c.vocab_size,
    contextLength: c.max_position_embeddings,
    hon: c.hon,
    intermediateSize: c.intermediate_size,
    gelu: activations[c.hidden_act],
    layerNormEpsilon: c.layer_norm_eps,
    parallelResidual: c.use_parallel_residual,
    attentionBias: c.attention_bias,
    tiedHead: c.tie_word_embeddings,
    rotarySize: Math.trunc(headSize * (c.rope_parameters?.partial_rotary_factor ?? c.rotary_pct)),
    rotaryBase: c.rope_parameters?.rope_theta ?? c.rotary_emb_base,
    rope: c.rope_parameters ?? c.rope_scaling,
  };
  checkHon(config);
  return config;
}

function build<T>(ops: Ops<T>, config: GPTNeoXConfig): Model<T> {
  const { hiddenSize, vocabularySize } = config;
  const embedding = ops.parameter('gpt_neox.embed_in.weight', [vocabularySize, hiddenSize]);
  return buildDecoder(ops, config, {
    embedding,
    head: config.tiedHead ? embedding : ops.parameter('embed_out.weight', [vocabularySize, hiddenSize]),
    blocks: Array.from({ length: config.layers }, (_, i) => buildBlock(ops, config, `gpt_neox.layers.${i}`)),
    finalNorm: layerNorm(ops, 'gpt_neox.final_layer_norm', hiddenSize, config.layerNormEpsilon),
    frequencies: rotaryFrequencies(config.rope, config.rotarySize, config.rotaryBase, config.contextLength),
  });
}

function buildBlock<T>(ops: Ops<T>, config: GPTNeoXConfig, name: string): Block<T> {
  const { hiddenSize, intermediateSize, layerNormEpsilon, attentionBias } = config;
  const norm = layerNorm(ops, `${name}.post_attention_layernorm`, hiddenSize, layerNormEpsilon);
  const up = linear(ops, `${name}.mlp.dense_h_to_4h`, intermediateSize, hiddenSize);
  const down = linear(ops, `${name}.mlp.dense_4h_to_h`, hiddenSize, intermediateSize);
  return {
    attentionNorm: layerNorm(ops, `${name}.input_layernorm`, hiddenSize, layerNormEpsilon),
    projections: buildProjections(ops, config, `${name}.attention`, config.hon),
    output: linear(ops, `${name}.attention.dense`, hiddenSize, hiddenSize, { bias: attentionBias }),
    finish(x, attention) {
      const attended = ops.add(x, attention);
      return ops.add(attended, down(ops.gelu(up(norm(config.parallelResidual ? x : attended)), config.gelu)));
    },
  };
}

/**
 * Queries, keys and values of the attention called `name`. The fused weight has, for each head, the rows of q, then of
 * k, then of v. The inner projections of `separate` are named after the outer ones: `<name>.hon.<role>.…`.
 */
function buildProjections<T>(
  ops: Ops<T>,
  config: GPTNeoXConfig,
  name: string,
  hon: HonSetting | undefined,
): Projections<T> {
  const { hiddenSize, heads, headSize } = config;
  const fused = (part: number) => {
    const rows = Array.from({ length: hiddenSize }, (_, i) => {
      const head = Math.floor(i / headSize);
      return (3 * head + part) * headSize + (i % headSize);
    });
    const options = { bias: config.attentionBias, rows };
    return linear(ops, `${name}.query_key_value`, 3 * heads * headSize, hiddenSize, options);
  };
  const projections = { q: fused(0), k: fused(1), v: fused(2) };
  return withInner(projections, hon, (role, lower) => buildProjections(ops, config, `${name}.hon.${role}`, lower));
}
