/**
 * GPT-NeoX, the architecture of Pythia, standard or with Higher-Order Attention.
 * Reference: transformers, models/gpt_neox/modeling_gpt_neox.py.
 */
import { z } from 'zod';
import type { JsonObject } from '../../json.ts';
import { type Activation, activationNames, activationOf } from '../activations.ts';
import type { Architecture, ModelConfig } from '../architecture.ts';
import { checkDivides, configError, positions, readConfig, rotaryConfig, size } from '../config.ts';
import { type Block, buildDecoder } from '../decoder.ts';
import { type HonSetting, type Projections, withInner } from '../hon.ts';
import { layerNorm, linear } from '../layers.ts';
import type { Model, Ops } from '../ops.ts';
import { readRope } from '../rope.ts';

/** transformers, `GPTNeoXConfig`. */
const keys = {
  vocab_size: size.default(50432),
  hidden_size: size.default(6144),
  num_hidden_layers: size.default(44),
  num_attention_heads: size.default(64),
  head_dim: size.nullish(),
  intermediate_size: size.default(24576),
  max_position_embeddings: positions.default(2048),
  hidden_act: z.enum(activationNames).default('gelu'),
  layer_norm_eps: z.number().nonnegative().default(1e-5),
  use_parallel_residual: z.boolean().default(true),
  attention_bias: z.boolean().default(true),
  tie_word_embeddings: z.boolean().default(false),
};

interface GPTNeoXConfig extends ModelConfig {
  intermediateSize: number;
  activation: Activation;
  layerNormEpsilon: number;
  parallelResidual: boolean;
  attentionBias: boolean;
}

export const gptNeoX: Architecture<GPTNeoXConfig> = {
  name: 'GPTNeoXForCausalLM',
  modelType: 'gpt_neox',
  names: {
    base: 'gpt_neox.',
    embedding: 'gpt_neox.embed_in.weight',
    head: 'embed_out.weight',
    renamed: { 'lm_head.': 'embed_out.' },
  },
  parse,
  build,
};

function parse(json: JsonObject): GPTNeoXConfig {
  const { name: architecture } = gptNeoX;
  const c = readConfig(architecture, keys, json);
  checkDivides(architecture, 'num_attention_heads', c.num_attention_heads, c.hidden_size, 'hidden_size');
  const headSize = c.hidden_size / c.num_attention_heads;
  const frequencies = readRope(json, {
    architecture,
    // Of the two only the angles know the key.
    headSize: c.head_dim ?? headSize,
    contextLength: c.max_position_embeddings,
    theta: { key: 'rotary_emb_base', otherwise: 10000 },
    partial: { key: 'rotary_pct', otherwise: 0.25 },
  });
  const rotated = 2 * frequencies.inverse.length;
  if (rotated > headSize)
    throw configError(architecture, 'head_dim', `a head has ${headSize} elements, not ${rotated}`);
  return {
    ...rotaryConfig(architecture, c, { keyHeads: c.num_attention_heads, headSize }, frequencies),
    intermediateSize: c.intermediate_size,
    activation: activationOf(c.hidden_act),
    layerNormEpsilon: c.layer_norm_eps,
    parallelResidual: c.use_parallel_residual,
    attentionBias: c.attention_bias,
  };
}

function build<T>(ops: Ops<T>, config: GPTNeoXConfig): Model<T> {
  const { hiddenSize, vocabularySize } = config;
  const embedding = ops.parameter(gptNeoX.names.embedding, [vocabularySize, hiddenSize]);
  const blocks = Array.from({ length: config.layers }, (_, i) => buildBlock(ops, config, `gpt_neox.layers.${i}`));
  const norm = layerNorm(ops, 'gpt_neox.final_layer_norm', hiddenSize, config.layerNormEpsilon);
  const head = config.tiedHead ? embedding : ops.parameter(gptNeoX.names.head, [vocabularySize, hiddenSize]);
  return buildDecoder(ops, config, {
    embed: (ids) => ops.embedding(embedding, ids),
    blocks,
    head: (x) => ops.linear(norm(x), head),
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
      return ops.add(
        attended,
        down(ops.activation(up(norm(config.parallelResidual ? x : attended)), config.activation)),
      );
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
