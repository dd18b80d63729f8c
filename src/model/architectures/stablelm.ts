/**
 * StableLM, standard or with Higher-Order Attention: Llama with LayerNorm and a rotary embedding of part of each head;
 * attention and feed-forward side by side, of one norm, where they are parallel.
 * Reference: transformers, models/stablelm/modeling_stablelm.py.
 */
import { z } from 'zod';
import type { JsonObject } from '../../json.ts';
import { type Activation, activationNames, activationOf } from '../activations.ts';
import type { Architecture, ModelConfig } from '../architecture.ts';
import { headSizes, positions, readConfig, rotaryConfig, size } from '../config.ts';
import { type Block, buildStack, stackNames } from '../decoder.ts';
import { gatedMlp, headLayerNorm, layerNorm, linear } from '../layers.ts';
import type { Model, Ops } from '../ops.ts';
import { separateProjections } from '../projections.ts';
import { type RopeType, readRope } from '../rope.ts';

/** transformers, `StableLmConfig`. */
const keys = {
  vocab_size: size.default(50304),
  intermediate_size: size.default(6912),
  hidden_size: size.default(2560),
  num_hidden_layers: size.default(32),
  num_attention_heads: size.default(32),
  num_key_value_heads: size.default(32),
  hidden_act: z.enum(activationNames).default('silu'),
  max_position_embeddings: positions.default(4096),
  layer_norm_eps: z.number().nonnegative().default(1e-5),
  tie_word_embeddings: z.boolean().default(false),
  use_qkv_bias: z.boolean().default(false),
  qk_layernorm: z.boolean().default(false),
  use_parallel_residual: z.boolean().default(false),
};

/** `proportional` gives angles for all of a head, of which a part alone is rotated here. */
const types: RopeType[] = ['default', 'linear', 'dynamic', 'llama3', 'yarn', 'longrope'];

interface StableLmConfig extends ModelConfig {
  intermediateSize: number;
  activation: Activation;
  layerNormEpsilon: number;
  /** Of queries, keys and values. */
  projectionBias: boolean;
  /** Whether each head's queries and keys are normed, with weights of its own. */
  normedHeads: boolean;
  parallelResidual: boolean;
}

export const stableLm: Architecture<StableLmConfig> = {
  name: 'StableLmForCausalLM',
  modelType: 'stablelm',
  names: stackNames,
  parse,
  build,
};

function parse(json: JsonObject): StableLmConfig {
  const { name: architecture } = stableLm;
  const c = readConfig(architecture, keys, json);
  // It knows no `head_dim`.
  const sizes = headSizes(architecture, { ...c, head_dim: null });
  const { headSize } = sizes;
  const { max_position_embeddings: contextLength } = c;
  const partial = { key: 'partial_rotary_factor', otherwise: 0.25 };
  const frequencies = readRope(json, { architecture, headSize, contextLength, partial, types });
  return {
    ...rotaryConfig(architecture, c, sizes, frequencies),
    intermediateSize: c.intermediate_size,
    activation: activationOf(c.hidden_act),
    layerNormEpsilon: c.layer_norm_eps,
    projectionBias: c.use_qkv_bias,
    normedHeads: c.qk_layernorm,
    parallelResidual: c.use_parallel_residual,
  };
}

function build<T>(ops: Ops<T>, config: StableLmConfig): Model<T> {
  return buildStack(
    ops,
    config,
    (name) => buildBlock(ops, config, name),
    (name) => layerNorm(ops, name, config.hiddenSize, config.layerNormEpsilon),
  );
}

function buildBlock<T>(ops: Ops<T>, config: StableLmConfig, name: string): Block<T> {
  const { hiddenSize, headSize, parallelResidual, projectionBias: bias, layerNormEpsilon: epsilon } = config;
  const norm = (part: string) => layerNorm(ops, `${name}.${part}_layernorm`, hiddenSize, epsilon);
  const headNorm = (of: string, count: number) => headLayerNorm(ops, `${of}_layernorm`, count, headSize, epsilon);
  const attentionNorm = norm('input');
  const mlpNorm = parallelResidual ? attentionNorm : norm('post_attention');
  const mlp = gatedMlp(ops, `${name}.mlp`, config);
  return {
    attentionNorm,
    projections: separateProjections(ops, config, `${name}.self_attn`, {
      bias,
      norm: config.normedHeads ? headNorm : undefined,
    }),
    output: linear(ops, `${name}.self_attn.o_proj`, hiddenSize, hiddenSize, { bias: false }),
    finish(x, attention) {
      const attended = ops.add(x, attention);
      return ops.add(attended, mlp(mlpNorm(parallelResidual ? x : attended)));
    },
  };
}
