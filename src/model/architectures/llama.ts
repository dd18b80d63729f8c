/**
 * Llama and those that are it but for a detail, standard or with Higher-Order Attention: RMSNorm, SwiGLU, grouped keys
 * and values. Mistral has a window, Qwen2.5 biases, Qwen3 norms of queries and keys, SmolLM3 layers without rotary.
 * References: transformers, models/llama/modeling_llama.py, and those of mistral, qwen2, qwen3 and smollm3.
 */
import { z } from 'zod';
import type { JsonObject } from '../../json.ts';
import { type Activation, activationNames, activationOf } from '../activations.ts';
import type { Architecture, ModelConfig } from '../architecture.ts';
import {
  checkDivides,
  configError,
  headSizes,
  positions,
  readConfig,
  refused,
  rotaryConfig,
  size,
  slidingTypes,
  windowsOf,
} from '../config.ts';
import { type Block, buildStack, stackNames } from '../decoder.ts';
import { gatedMlp, linear, rmsNorm } from '../layers.ts';
import type { Model, Ops } from '../ops.ts';
import { separateProjections } from '../projections.ts';
import { readRope } from '../rope.ts';

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

/** transformers, `MistralConfig`. */
const mistralKeys = {
  ...llamaKeys,
  num_key_value_heads: size.nullable().default(8),
  intermediate_size: size.default(14336),
  max_position_embeddings: positions.default(131072),
  sliding_window: size.nullable().default(4096),
  layer_types: refused('every layer has the same attention'),
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
  layer_types: slidingTypes,
};

/** transformers, `Qwen3Config`. */
const qwen3Keys = { ...qwen2Keys, head_dim: size.default(128) };

/** transformers, `SmolLM3Config`. */
const smolLm3Keys = {
  ...llamaKeys,
  vocab_size: size.default(128256),
  hidden_size: size.default(2048),
  num_hidden_layers: size.default(36),
  num_attention_heads: size.default(16),
  num_key_value_heads: size.nullable().default(4),
  max_position_embeddings: positions.default(32768),
  use_sliding_window: z.boolean().default(false),
  sliding_window: size.nullish(),
  no_rope_layers: z.array(z.int()).nullish(),
  no_rope_layer_interval: size.default(4),
  layer_types: slidingTypes,
  tie_word_embeddings: z.boolean().default(true),
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
  /** Whether each head's queries and keys are normed. */
  normedHeads: boolean;
}

export const llama: Architecture<LlamaConfig> = {
  name: 'LlamaForCausalLM',
  modelType: 'llama',
  names: stackNames,
  parse(json) {
    const c = readConfig(llama.name, llamaKeys, json);
    checkDivides(llama.name, 'num_attention_heads', c.num_attention_heads, c.hidden_size, 'hidden_size');
    return interpret(llama.name, c, json);
  },
  build,
};

/** Llama with a window, and without biases. */
export const mistral: Architecture<LlamaConfig> = {
  name: 'MistralForCausalLM',
  modelType: 'mistral',
  names: stackNames,
  parse(json) {
    const c = readConfig(mistral.name, mistralKeys, json);
    const windows = new Array<number | undefined>(c.num_hidden_layers).fill(c.sliding_window ?? undefined);
    return { ...interpret(mistral.name, c, json, windows), projectionBias: false, outputBias: false, mlpBias: false };
  },
  build,
};

/** Llama with biases on queries, keys and values, and nowhere else; with windows in its later layers where these are on. */
export const qwen2: Architecture<LlamaConfig> = {
  name: 'Qwen2ForCausalLM',
  modelType: 'qwen2',
  names: stackNames,
  parse(json) {
    const c = readConfig(qwen2.name, qwen2Keys, json);
    const config = interpret(qwen2.name, c, json, laterWindows(qwen2.name, c));
    return { ...config, projectionBias: true, outputBias: false, mlpBias: false };
  },
  build,
};

/** Llama with norms of each head's queries and keys. */
export const qwen3: Architecture<LlamaConfig> = {
  name: 'Qwen3ForCausalLM',
  modelType: 'qwen3',
  names: stackNames,
  parse(json) {
    const c = readConfig(qwen3.name, qwen3Keys, json);
    return { ...interpret(qwen3.name, c, json, laterWindows(qwen3.name, c)), mlpBias: false, normedHeads: true };
  },
  build,
};

/** Llama whose every fourth layer has no rotary embedding. */
export const smolLm3: Architecture<LlamaConfig> = {
  name: 'SmolLM3ForCausalLM',
  modelType: 'smollm3',
  names: stackNames,
  parse(json) {
    const c = readConfig(smolLm3.name, smolLm3Keys, json);
    const rotates = (layer: number) =>
      c.no_rope_layers ? c.no_rope_layers[layer] !== 0 : (layer + 1) % c.no_rope_layer_interval !== 0;
    if (c.no_rope_layers && c.no_rope_layers.length < c.num_hidden_layers)
      throw configError(smolLm3.name, 'no_rope_layers', `too short for ${c.num_hidden_layers} layers`);
    const window = c.use_sliding_window ? c.sliding_window : null;
    const windows = windowsOf(smolLm3.name, c, window, (layer) => !rotates(layer));
    const config = interpret(smolLm3.name, c, json, windows, 2000000);
    const attentions = config.attentions.map(({ window, frequencies }, layer) =>
      rotates(layer) ? { window, frequencies } : { window },
    );
    return { ...config, attentions };
  },
  build,
};

type Keys<S extends z.ZodRawShape> = ReturnType<typeof readConfig<S>>;

function laterWindows(architecture: string, c: Keys<typeof qwen2Keys>): (number | undefined)[] {
  const window = c.use_sliding_window ? c.sliding_window : null;
  return windowsOf(architecture, c, window, (layer) => layer >= c.max_window_layers);
}

function interpret(
  architecture: string,
  c: Keys<typeof llamaKeys>,
  json: JsonObject,
  windows?: readonly (number | undefined)[],
  theta = 10000,
): LlamaConfig {
  const sizes = headSizes(architecture, c);
  const frequencies = readRope(json, {
    architecture,
    headSize: sizes.headSize,
    contextLength: c.max_position_embeddings,
    theta: { key: 'rope_theta', otherwise: theta },
  });
  return {
    ...rotaryConfig(architecture, c, sizes, frequencies),
    intermediateSize: c.intermediate_size,
    activation: activationOf(c.hidden_act),
    rmsNormEpsilon: c.rms_norm_eps,
    projectionBias: c.attention_bias,
    outputBias: c.attention_bias,
    mlpBias: c.mlp_bias,
    normedHeads: false,
    ...(windows && { attentions: windows.map((window) => ({ frequencies, window })) }),
  };
}

function build<T>(ops: Ops<T>, config: LlamaConfig): Model<T> {
  return buildStack(
    ops,
    config,
    (name) => buildBlock(ops, config, name),
    (name) => rmsNorm(ops, name, config.hiddenSize, config.rmsNormEpsilon),
  );
}

function buildBlock<T>(ops: Ops<T>, config: LlamaConfig, name: string): Block<T> {
  const { hiddenSize, heads, headSize, rmsNormEpsilon, normedHeads } = config;
  const norm = rmsNorm(ops, `${name}.post_attention_layernorm`, hiddenSize, rmsNormEpsilon);
  const mlp = gatedMlp(ops, `${name}.mlp`, { ...config, bias: config.mlpBias });
  const headNorm = (of: string, count: number) =>
    rmsNorm(ops, `${of}_norm`, headSize, rmsNormEpsilon, { heads: count });
  return {
    attentionNorm: rmsNorm(ops, `${name}.input_layernorm`, hiddenSize, rmsNormEpsilon),
    projections: separateProjections(ops, config, `${name}.self_attn`, {
      bias: config.projectionBias,
      norm: normedHeads ? headNorm : undefined,
    }),
    output: linear(ops, `${name}.self_attn.o_proj`, hiddenSize, heads * headSize, { bias: config.outputBias }),
    finish(x, attention) {
      const attended = ops.add(x, attention);
      return ops.add(attended, mlp(norm(attended)));
    },
  };
}
