/**
 * GPT-NeoX, the architecture of Pythia, standard or with Higher-Order Attention.
 * Reference: transformers, models/gpt_neox/modeling_gpt_neox.py.
 */
import { z } from 'zod';
import { type Architecture, checkHon, honKey, type ModelConfig, parseConfig } from './architecture.ts';
import { type Attend, type HonSetting, higherOrderAttention, type Projections, type Role } from './hon.ts';
import type { Forward, Ops } from './ops.ts';
import { inverseFrequencies, ropeParametersSchema, rotaryTables } from './rotary.ts';

const activations = { gelu: 'none', gelu_new: 'tanh', gelu_fast: 'tanh', gelu_pytorch_tanh: 'tanh' } as const;

const schema = z.looseObject({
  hidden_size: z.int().positive(),
  num_hidden_layers: z.int().positive(),
  num_attention_heads: z.int().positive(),
  intermediate_size: z.int().positive(),
  vocab_size: z.int().positive(),
  max_position_embeddings: z.int().positive().default(2048),
  hidden_act: z.enum(Object.keys(activations) as (keyof typeof activations)[]).default('gelu'),
  layer_norm_eps: z.number().positive().default(1e-5),
  use_parallel_residual: z.boolean().default(true),
  attention_bias: z.boolean().default(true),
  tie_word_embeddings: z.boolean().default(false),
  rotary_pct: z.number().gt(0).max(1).default(0.25),
  rotary_emb_base: z.number().positive().default(10000),
  rope_scaling: ropeParametersSchema.nullish(),
  rope_parameters: ropeParametersSchema.nullish(),
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
  };
  checkHon(config);
  return config;
}

function build<T>(ops: Ops<T>, config: GPTNeoXConfig): Forward<T> {
  const { hiddenSize, vocabularySize, heads } = config;
  const embedIn = ops.parameter('gpt_neox.embed_in.weight', [vocabularySize, hiddenSize]);
  const embedOut = config.tiedHead ? embedIn : ops.parameter('embed_out.weight', [vocabularySize, hiddenSize]);
  const layers = Array.from({ length: config.layers }, (_, i) => buildLayer(ops, config, `gpt_neox.layers.${i}`));
  const finalLayerNorm = buildLayerNorm(ops, config, 'gpt_neox.final_layer_norm');
  const frequencies = inverseFrequencies(config.rotarySize, config.rotaryBase);
  const tables = rotaryTables(ops, config.contextLength, frequencies);

  return (batch) => {
    const cos = ops.gather(tables.cos, batch.positions);
    const sin = ops.gather(tables.sin, batch.positions);
    const rotate = (x: T) => ops.rotary(x, cos, sin, heads, config.rotarySize);
    const attend: Attend<T> = (q, k, v) => ops.attention(rotate(q), rotate(k), v, batch.mask, heads, heads);

    let x = ops.embedding(embedIn, batch.ids);
    layers.forEach((layer, i) => {
      x = layer(x, attend, i === layers.length - 1 ? batch.headRows : undefined);
    });
    const logits = ops.linear(finalLayerNorm(x), embedOut);
    return ops.tokenScores(logits, batch.targetRows, batch.targets, vocabularySize);
  };
}

/** One block; with `keep`, only those rows go on after its attention: nothing later looks at the others. */
type Layer<T> = (x: T, attend: Attend<T>, keep?: T) => T;

function buildLayer<T>(ops: Ops<T>, config: GPTNeoXConfig, name: string): Layer<T> {
  const { hiddenSize, intermediateSize } = config;
  const inputLayerNorm = buildLayerNorm(ops, config, `${name}.input_layernorm`);
  const postAttentionLayerNorm = buildLayerNorm(ops, config, `${name}.post_attention_layernorm`);
  const projections = buildProjections(ops, config, `${name}.attention`, config.hon);
  const dense = buildLinear(ops, `${name}.attention.dense`, hiddenSize, hiddenSize, config.attentionBias);
  const up = buildLinear(ops, `${name}.mlp.dense_h_to_4h`, intermediateSize, hiddenSize);
  const down = buildLinear(ops, `${name}.mlp.dense_4h_to_h`, hiddenSize, intermediateSize);
  const mlp = (x: T) => down(ops.gelu(up(x), config.gelu));

  return (x, attend, keep) => {
    const kept = (y: T) => (keep === undefined ? y : ops.gather(y, keep));
    const attention = dense(kept(higherOrderAttention(config.hon, projections, attend, inputLayerNorm(x))));
    const residual = kept(x);
    const attended = ops.add(residual, attention);
    if (config.parallelResidual) return ops.add(attended, mlp(postAttentionLayerNorm(residual)));
    return ops.add(attended, mlp(postAttentionLayerNorm(attended)));
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
    return buildLinear(ops, `${name}.query_key_value`, 3 * heads * headSize, hiddenSize, config.attentionBias, rows);
  };
  const projections: Projections<T> = { q: fused(0), k: fused(1), v: fused(2) };
  if (hon?.inner !== 'separate' || hon.order === 1) return projections;
  const lower = { ...hon, order: hon.order - 1 };
  const inner = (role: Role) => [role, buildProjections(ops, config, `${name}.hon.${role}`, lower)];
  return { ...projections, inner: Object.fromEntries(hon.projections.map(inner)) };
}

function buildLinear<T>(
  ops: Ops<T>,
  name: string,
  width: number,
  inputs: number,
  bias = true,
  rows?: readonly number[],
): (x: T) => T {
  const weight = ops.parameter(`${name}.weight`, [width, inputs], rows);
  const offset = bias ? ops.parameter(`${name}.bias`, [width], rows) : undefined;
  return (x) => ops.linear(x, weight, offset);
}

function buildLayerNorm<T>(ops: Ops<T>, config: GPTNeoXConfig, name: string): (x: T) => T {
  const weight = ops.parameter(`${name}.weight`, [config.hiddenSize]);
  const bias = ops.parameter(`${name}.bias`, [config.hiddenSize]);
  return (x) => ops.layerNorm(x, weight, bias, config.layerNormEpsilon);
}
