/**
 * Gemma 2 and the text models of Gemma 3, standard or with Higher-Order Attention: norms before and after each part, whose
 * weights are stored less one, a scaled embedding, windows in most layers. Gemma 2 caps its scores and logits, Gemma 3
 * norms each head's queries and keys and turns them more slowly in the layers without a window.
 * References: transformers, models/gemma2/modeling_gemma2.py and models/gemma3/modeling_gemma3.py.
 */
import { z } from 'zod';
import type { JsonObject } from '../../json.ts';
import { type Activation, activationNames, activationOf } from '../activations.ts';
import type { Architecture, AttentionSetting, ModelConfig } from '../architecture.ts';
import {
  checkDivides,
  configError,
  parseConfig,
  positions,
  readConfig,
  size,
  slidingTypes,
  windowsOf,
} from '../config.ts';
import { type Block, buildDecoder, stackNames } from '../decoder.ts';
import { gatedMlp, linear, rmsNorm } from '../layers.ts';
import type { Model, Ops } from '../ops.ts';
import { separateProjections } from '../projections.ts';
import { type RopeOptions, readRope, readRopeSettings } from '../rope.ts';
import { longSequences } from '../rotary.ts';

/** transformers, `Gemma2Config`. */
const gemma2Keys = {
  vocab_size: size.default(256000),
  hidden_size: size.default(2304),
  intermediate_size: size.default(9216),
  num_hidden_layers: size.default(26),
  num_attention_heads: size.default(8),
  num_key_value_heads: size.default(4),
  head_dim: size.default(256),
  hidden_activation: z.enum(activationNames).default('gelu_pytorch_tanh'),
  max_position_embeddings: positions.default(8192),
  rms_norm_eps: z.number().nonnegative().default(1e-6),
  attention_bias: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(true),
  query_pre_attn_scalar: z.number().positive().default(256),
  sliding_window: size.nullable().default(4096),
  layer_types: slidingTypes,
  final_logit_softcapping: z.number().positive().nullable().default(30),
  attn_logit_softcapping: z.number().positive().nullable().default(50),
  use_bidirectional_attention: z.literal(false, { error: 'every token would see those behind it' }).nullish(),
};

/** transformers, `Gemma3TextConfig`; its cap of scores is read there and not used. */
const gemma3Keys = {
  ...gemma2Keys,
  vocab_size: size.default(262208),
  max_position_embeddings: positions.default(131072),
  sliding_window_pattern: size.default(6),
  final_logit_softcapping: z.number().positive().nullish(),
};

interface GemmaConfig extends ModelConfig {
  intermediateSize: number;
  activation: Activation;
  rmsNormEpsilon: number;
  attentionBias: boolean;
  /** Whether each head's queries and keys are normed. */
  normedHeads: boolean;
  logitCap?: number;
}

export const gemma2: Architecture<GemmaConfig> = {
  name: 'Gemma2ForCausalLM',
  modelType: 'gemma2',
  names: stackNames,
  parse(json) {
    const { name: architecture } = gemma2;
    const c = readConfig(architecture, gemma2Keys, json);
    const options = { architecture, headSize: c.head_dim, contextLength: c.max_position_embeddings };
    const frequencies = readRope(json, options);
    const cap = c.attn_logit_softcapping ?? undefined;
    const types = c.layer_types ?? kinds(c, (layer) => layer % 2 === 0);
    const attentions = windows(architecture, c, types).map((window) => ({ frequencies, window, cap }));
    return interpret(architecture, c, attentions, false);
  },
  build,
};

export const gemma3: Architecture<GemmaConfig> = {
  name: 'Gemma3ForCausalLM',
  modelType: 'gemma3_text',
  names: stackNames,
  parse(json) {
    const { name: architecture } = gemma3;
    const c = readConfig(architecture, gemma3Keys, json);
    const types = c.layer_types ?? kinds(c, (layer) => (layer + 1) % c.sliding_window_pattern !== 0);
    const ropes = readRopes(json, c);
    const attentions = windows(architecture, c, types).map((window, layer) => ({
      window,
      frequencies: ropes[types[layer]],
    }));
    return interpret(architecture, c, attentions, true);
  },
  build,
};

type LayerKind = 'full_attention' | 'sliding_attention';

/** The kinds of layers where `layer_types` does not say. */
function kinds({ num_hidden_layers: layers }: Keys, slides: (layer: number) => boolean): LayerKind[] {
  return Array.from({ length: layers }, (_, layer) => (slides(layer) ? 'sliding_attention' : 'full_attention'));
}

function windows(architecture: string, c: Keys, layer_types: LayerKind[]): (number | undefined)[] {
  return windowsOf(architecture, { ...c, layer_types }, c.sliding_window, () => false);
}

/**
 * The frequencies of each kind of layers. transformers 4's `rope_scaling` is of those without a window, and an original
 * length that stands beside the settings counts for neither.
 */
function readRopes({ original_max_position_embeddings: _, ...json }: JsonObject, c: Keys) {
  const { name: architecture } = gemma3;
  const options = { architecture, headSize: c.head_dim, contextLength: c.max_position_embeddings };
  const [parameters, scaling] = ['rope_parameters', 'rope_scaling'].map((key) =>
    parseConfig(architecture, z.looseObject({}).nullish(), json[key], [key]),
  );
  const read = (kind: LayerKind, theta: RopeOptions['theta']) => {
    const scaled = kind === 'full_attention' ? scaling : undefined;
    if (scaled && parameters && !parameters.full_attention)
      throw configError(architecture, 'rope_scaling', 'rope_parameters has no full_attention that it could change');
    const key = scaled ? 'rope_scaling' : `rope_parameters.${kind}`;
    const nested = parameters ? (parameters[kind] ?? {}) : { rope_type: 'default' };
    // transformers reads `truncate` beside the two kinds of settings, where it does not stand.
    const own = { ...parseConfig(architecture, z.looseObject({}), nested, [key]), ...scaled, truncate: true };
    return readRopeSettings(json, key, own as JsonObject, { ...options, theta });
  };
  return {
    full_attention: read('full_attention', { key: 'rope_theta', otherwise: 1000000 }),
    sliding_attention: read('sliding_attention', { key: 'rope_local_base_freq', otherwise: 10000 }),
  };
}

type Keys = ReturnType<typeof readConfig<typeof gemma2Keys>> | ReturnType<typeof readConfig<typeof gemma3Keys>>;

function interpret(
  architecture: string,
  c: Keys,
  attentions: readonly AttentionSetting[],
  normedHeads: boolean,
): GemmaConfig {
  const { num_attention_heads: heads, num_key_value_heads: keyHeads, max_position_embeddings: contextLength } = c;
  checkDivides(architecture, 'num_key_value_heads', keyHeads, heads, 'num_attention_heads');
  const scale = c.query_pre_attn_scalar ** -0.5;
  const long = attentions.flatMap(({ frequencies }) => longSequences(frequencies!, contextLength) ?? []);
  if (long.some(({ beyond }) => beyond !== long[0].beyond))
    throw configError(architecture, 'rope_parameters', 'its kinds of layers are for texts of different lengths');
  return {
    architecture,
    layers: c.num_hidden_layers,
    hiddenSize: c.hidden_size,
    heads,
    keyHeads,
    headSize: c.head_dim,
    vocabularySize: c.vocab_size,
    contextLength,
    long: long[0],
    hon: c.hon,
    intermediateSize: c.intermediate_size,
    activation: activationOf(c.hidden_activation),
    rmsNormEpsilon: c.rms_norm_eps,
    attentionBias: c.attention_bias,
    normedHeads,
    tiedHead: c.tie_word_embeddings,
    logitCap: c.final_logit_softcapping ?? undefined,
    attentions: attentions.map((setting) => ({ ...setting, scale })),
  };
}

function build<T>(ops: Ops<T>, config: GemmaConfig): Model<T> {
  const { hiddenSize, vocabularySize, logitCap: cap } = config;
  const embedding = ops.parameter(stackNames.embedding, [vocabularySize, hiddenSize]);
  const blocks = config.attentions.map((_, i) => buildBlock(ops, config, `model.layers.${i}`));
  const norm = gemmaNorm(ops, config, 'model.norm', hiddenSize);
  const head = config.tiedHead ? embedding : ops.parameter(stackNames.head, [vocabularySize, hiddenSize]);
  return buildDecoder(ops, config, {
    embed: (ids) => ops.scale(ops.embedding(embedding, ids), Math.fround(Math.sqrt(hiddenSize))),
    blocks,
    head(x) {
      const logits = ops.linear(norm(x), head);
      return cap === undefined ? logits : ops.scale(ops.activation(ops.scale(logits, 1 / cap), 'tanh'), cap);
    },
  });
}

/** Its weight is what is added to 1. */
function gemmaNorm<T>(ops: Ops<T>, { rmsNormEpsilon }: GemmaConfig, name: string, width: number, heads?: number) {
  return rmsNorm(ops, name, width, rmsNormEpsilon, { heads, shift: 1 });
}

function buildBlock<T>(ops: Ops<T>, config: GemmaConfig, name: string): Block<T> {
  const { hiddenSize, heads, headSize, normedHeads, attentionBias: bias } = config;
  const norm = (part: string) => gemmaNorm(ops, config, `${name}.${part}_layernorm`, hiddenSize);
  const [afterAttention, before, after] = ['post_attention', 'pre_feedforward', 'post_feedforward'].map(norm);
  const mlp = gatedMlp(ops, `${name}.mlp`, config);
  const headNorm = (of: string, count: number) => gemmaNorm(ops, config, `${of}_norm`, headSize, count);
  return {
    attentionNorm: norm('input'),
    projections: separateProjections(ops, config, `${name}.self_attn`, {
      bias,
      norm: normedHeads ? headNorm : undefined,
    }),
    output: linear(ops, `${name}.self_attn.o_proj`, hiddenSize, heads * headSize, { bias }),
    finish(x, attention) {
      const attended = ops.add(x, afterAttention(attention));
      return ops.add(attended, after(mlp(before(attended))));
    },
  };
}
