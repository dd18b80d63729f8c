/**
 * GPT-2, standard or with Higher-Order Attention: learned positions, LayerNorm, weights stored as [inputs, outputs].
 * Reference: transformers, models/gpt2/modeling_gpt2.py.
 */
import { z } from 'zod';
import type { JsonObject } from '../../json.ts';
import { type Activation, activationNames, activationOf } from '../activations.ts';
import type { Architecture, ModelConfig } from '../architecture.ts';
import { checkDivides, positions, readConfig, size } from '../config.ts';
import { type Block, buildDecoder } from '../decoder.ts';
import { layerNorm, linear } from '../layers.ts';
import type { Model, Ops } from '../ops.ts';
import { fusedProjections } from '../projections.ts';

/** transformers, `GPT2Config`. */
const keys = {
  vocab_size: size.default(50257),
  n_positions: positions.default(1024),
  n_embd: size.default(768),
  n_layer: size.default(12),
  n_head: size.default(12),
  n_inner: size.nullish(),
  activation_function: z.enum(activationNames).default('gelu_new'),
  layer_norm_epsilon: z.number().nonnegative().default(1e-5),
  scale_attn_weights: z.boolean().default(true),
  scale_attn_by_inverse_layer_idx: z.boolean().default(false),
  add_cross_attention: z.literal(false, { error: 'there is nothing else to attend to' }).default(false),
  tie_word_embeddings: z.boolean().default(true),
};

/** `GPT2Config.attribute_map` */
const otherNames = {
  hidden_size: 'n_embd',
  max_position_embeddings: 'n_positions',
  num_attention_heads: 'n_head',
  num_hidden_layers: 'n_layer',
};

interface Gpt2Config extends ModelConfig {
  intermediateSize: number;
  activation: Activation;
  layerNormEpsilon: number;
}

export const gpt2: Architecture<Gpt2Config> = {
  name: 'GPT2LMHeadModel',
  modelType: 'gpt2',
  names: { base: 'transformer.', embedding: 'transformer.wte.weight', head: 'lm_head.weight' },
  parse,
  build,
};

function parse(json: JsonObject): Gpt2Config {
  const { name: architecture } = gpt2;
  const c = readConfig(architecture, keys, { ...json, ...renamed(json) });
  checkDivides(architecture, 'n_head', c.n_head, c.n_embd, 'n_embd');
  const headSize = c.n_embd / c.n_head;
  const scale = c.scale_attn_weights ? 1 / Math.sqrt(headSize) : 1;
  return {
    architecture,
    layers: c.n_layer,
    hiddenSize: c.n_embd,
    heads: c.n_head,
    keyHeads: c.n_head,
    headSize,
    vocabularySize: c.vocab_size,
    contextLength: c.n_positions,
    hon: c.hon,
    intermediateSize: c.n_inner ?? 4 * c.n_embd,
    activation: activationOf(c.activation_function),
    layerNormEpsilon: c.layer_norm_epsilon,
    tiedHead: c.tie_word_embeddings,
    attentions: Array.from({ length: c.n_layer }, (_, layer) => ({
      scale: c.scale_attn_by_inverse_layer_idx ? scale / (layer + 1) : scale,
    })),
  };
}

/** Keys that go by other architectures' names, which win over its own. */
function renamed(json: JsonObject): JsonObject {
  const own = Object.entries(otherNames).filter(([other]) => json[other] !== undefined);
  return Object.fromEntries(own.map(([other, key]) => [key, json[other]]));
}

function build<T>(ops: Ops<T>, config: Gpt2Config): Model<T> {
  const { hiddenSize, vocabularySize, contextLength, layerNormEpsilon } = config;
  const embedding = ops.parameter(gpt2.names.embedding, [vocabularySize, hiddenSize]);
  const placed = ops.parameter('transformer.wpe.weight', [contextLength, hiddenSize]);
  const blocks = config.attentions.map((_, i) => buildBlock(ops, config, `transformer.h.${i}`));
  const norm = layerNorm(ops, 'transformer.ln_f', hiddenSize, layerNormEpsilon);
  const head = config.tiedHead ? embedding : ops.parameter(gpt2.names.head, [vocabularySize, hiddenSize]);
  return buildDecoder(ops, config, {
    embed: (ids, positions) => ops.add(ops.embedding(embedding, ids), ops.embedding(placed, positions)),
    blocks,
    head: (x) => ops.linear(norm(x), head),
  });
}

function buildBlock<T>(ops: Ops<T>, config: Gpt2Config, name: string): Block<T> {
  const { hiddenSize, intermediateSize, layerNormEpsilon, activation } = config;
  const norm = layerNorm(ops, `${name}.ln_2`, hiddenSize, layerNormEpsilon);
  const up = linear(ops, `${name}.mlp.c_fc`, intermediateSize, hiddenSize, { transposed: true });
  const down = linear(ops, `${name}.mlp.c_proj`, hiddenSize, intermediateSize, { transposed: true });
  return {
    attentionNorm: layerNorm(ops, `${name}.ln_1`, hiddenSize, layerNormEpsilon),
    projections: fusedProjections(ops, config, `${name}.attn`, 'c_attn', { transposed: true }),
    output: linear(ops, `${name}.attn.c_proj`, hiddenSize, hiddenSize, { transposed: true }),
    finish(x, attention) {
      const attended = ops.add(x, attention);
      return ops.add(attended, down(ops.activation(up(norm(attended)), activation)));
    },
  };
}
