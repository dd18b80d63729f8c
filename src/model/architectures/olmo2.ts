/**
 * OLMo 2, standard or with Higher-Order Attention: Llama with its norms behind attention and feed-forward, not before, and
 * norms of all queries and of all keys.
 * Reference: transformers, models/olmo2/modeling_olmo2.py.
 */
import { z } from 'zod';
import type { JsonObject } from '../../json.ts';
import { type Activation, activationNames, activationOf } from '../activations.ts';
import type { Architecture, ModelConfig } from '../architecture.ts';
import { headSizes, positions, readConfig, rotaryConfig, size } from '../config.ts';
import { type Block, buildStack, stackNames } from '../decoder.ts';
import { gatedMlp, linear, rmsNorm } from '../layers.ts';
import type { Model, Ops } from '../ops.ts';
import { separateProjections } from '../projections.ts';
import { readRope } from '../rope.ts';

/** transformers, `Olmo2Config`. */
const keys = {
  vocab_size: size.default(50304),
  hidden_size: size.default(4096),
  intermediate_size: size.default(11008),
  num_hidden_layers: size.default(32),
  num_attention_heads: size.default(32),
  num_key_value_heads: size.nullish(),
  head_dim: size.nullish(),
  hidden_act: z.enum(activationNames).default('silu'),
  max_position_embeddings: positions.default(2048),
  rms_norm_eps: z.number().nonnegative().default(1e-5),
  attention_bias: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(false),
};

interface Olmo2Config extends ModelConfig {
  intermediateSize: number;
  activation: Activation;
  rmsNormEpsilon: number;
  attentionBias: boolean;
}

export const olmo2: Architecture<Olmo2Config> = {
  name: 'Olmo2ForCausalLM',
  modelType: 'olmo2',
  names: stackNames,
  parse,
  build,
};

function parse(json: JsonObject): Olmo2Config {
  const { name: architecture } = olmo2;
  const c = readConfig(architecture, keys, json);
  const sizes = headSizes(architecture, c);
  const options = { architecture, headSize: sizes.headSize, contextLength: c.max_position_embeddings };
  const frequencies = readRope(json, options);
  return {
    ...rotaryConfig(architecture, c, sizes, frequencies),
    intermediateSize: c.intermediate_size,
    activation: activationOf(c.hidden_act),
    rmsNormEpsilon: c.rms_norm_eps,
    attentionBias: c.attention_bias,
  };
}

function build<T>(ops: Ops<T>, config: Olmo2Config): Model<T> {
  return buildStack(
    ops,
    config,
    (name) => buildBlock(ops, config, name),
    (name) => rmsNorm(ops, name, config.hiddenSize, config.rmsNormEpsilon),
  );
}

function buildBlock<T>(ops: Ops<T>, config: Olmo2Config, name: string): Block<T> {
  const { hiddenSize, heads, headSize, rmsNormEpsilon, attentionBias: bias } = config;
  const [afterAttention, after] = ['post_attention', 'post_feedforward'].map((part) =>
    rmsNorm(ops, `${name}.${part}_layernorm`, hiddenSize, rmsNormEpsilon),
  );
  const mlp = gatedMlp(ops, `${name}.mlp`, config);
  return {
    attentionNorm: (x) => x,
    projections: separateProjections(ops, config, `${name}.self_attn`, {
      bias,
      norm: (of, count) => rmsNorm(ops, `${of}_norm`, count * headSize, rmsNormEpsilon),
    }),
    output: linear(ops, `${name}.self_attn.o_proj`, hiddenSize, heads * headSize, { bias }),
    finish(x, attention) {
      const attended = ops.add(x, afterAttention(attention));
      return ops.add(attended, after(mlp(attended)));
    },
  };
}
