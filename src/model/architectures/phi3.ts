/**
 * Phi-3, standard or with Higher-Order Attention: Llama with fused projections, and a window.
 * Reference: transformers, models/phi3/modeling_phi3.py.
 */
import { z } from 'zod';
import type { JsonObject } from '../../json.ts';
import { type Activation, activationNames, activationOf } from '../activations.ts';
import { type Architecture, everyLayer, type ModelConfig } from '../architecture.ts';
import { configError, headSizes, positions, readConfig, rotaryConfig, size } from '../config.ts';
import { type Block, buildStack, stackNames } from '../decoder.ts';
import { linear, rmsNorm, rowRange } from '../layers.ts';
import type { Model, Ops } from '../ops.ts';
import { fusedProjections } from '../projections.ts';
import { readRope } from '../rope.ts';

/** transformers, `Phi3Config`. */
const keys = {
  vocab_size: size.default(32064),
  hidden_size: size.default(3072),
  intermediate_size: size.default(8192),
  num_hidden_layers: size.default(32),
  num_attention_heads: size.default(32),
  num_key_value_heads: size.nullish(),
  head_dim: size.nullish(),
  hidden_act: z.enum(activationNames).default('silu'),
  max_position_embeddings: positions.default(4096),
  original_max_position_embeddings: size.default(4096),
  rms_norm_eps: z.number().nonnegative().default(1e-5),
  tie_word_embeddings: z.boolean().default(false),
  sliding_window: size.nullish(),
};

interface Phi3Config extends ModelConfig {
  intermediateSize: number;
  activation: Activation;
  rmsNormEpsilon: number;
}

export const phi3: Architecture<Phi3Config> = {
  name: 'Phi3ForCausalLM',
  modelType: 'phi3',
  names: stackNames,
  parse,
  build,
};

function parse(json: JsonObject): Phi3Config {
  const { name: architecture } = phi3;
  const c = readConfig(architecture, keys, json);
  const { max_position_embeddings: contextLength } = c;
  const sizes = headSizes(architecture, c);
  const { headSize } = sizes;
  const original = c.original_max_position_embeddings;
  const frequencies = readRope(renamedRope({ ...json, original_max_position_embeddings: original }), {
    architecture,
    headSize,
    contextLength,
    partial: { key: 'partial_rotary_factor', otherwise: 1 },
    types: ['default', 'longrope'],
  });
  if (2 * frequencies.inverse.length > headSize)
    throw configError(architecture, 'partial_rotary_factor', `a head has ${headSize} elements`);
  return {
    ...rotaryConfig(architecture, c, sizes, frequencies),
    intermediateSize: c.intermediate_size,
    activation: activationOf(c.hidden_act),
    rmsNormEpsilon: c.rms_norm_eps,
    attentions: everyLayer(c.num_hidden_layers, { frequencies, window: c.sliding_window ?? undefined }),
  };
}

/** The names that Phi-3's first checkpoints have for `longrope`. */
function renamedRope(json: JsonObject): JsonObject {
  const key = json.rope_scaling ? 'rope_scaling' : 'rope_parameters';
  const rope = json[key] as JsonObject | null | undefined;
  const type = rope?.rope_type ?? rope?.type;
  return type === 'su' || type === 'yarn' ? { ...json, [key]: { ...rope, rope_type: 'longrope' } } : json;
}

function build<T>(ops: Ops<T>, config: Phi3Config): Model<T> {
  return buildStack(
    ops,
    config,
    (name) => buildBlock(ops, config, name),
    (name) => rmsNorm(ops, name, config.hiddenSize, config.rmsNormEpsilon),
  );
}

function buildBlock<T>(ops: Ops<T>, config: Phi3Config, name: string): Block<T> {
  const { hiddenSize, intermediateSize: width, heads, headSize, rmsNormEpsilon, activation } = config;
  const norm = rmsNorm(ops, `${name}.post_attention_layernorm`, hiddenSize, rmsNormEpsilon);
  const [gate, up] = [0, width].map((from) =>
    linear(ops, `${name}.mlp.gate_up_proj`, 2 * width, hiddenSize, { bias: false, rows: rowRange(from, width) }),
  );
  const down = linear(ops, `${name}.mlp.down_proj`, hiddenSize, width, { bias: false });
  return {
    attentionNorm: rmsNorm(ops, `${name}.input_layernorm`, hiddenSize, rmsNormEpsilon),
    projections: fusedProjections(ops, config, `${name}.self_attn`, 'qkv_proj', { bias: false }),
    output: linear(ops, `${name}.self_attn.o_proj`, hiddenSize, heads * headSize, { bias: false }),
    finish(x, attention) {
      const attended = ops.add(x, attention);
      const normed = norm(attended);
      return ops.add(attended, down(ops.mul(ops.activation(gate(normed), activation), up(normed))));
    },
  };
}
