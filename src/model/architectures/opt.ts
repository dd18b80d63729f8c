/**
 * OPT, standard or with Higher-Order Attention: learned positions from the third row on, LayerNorm before each part or,
 * as in the 350M model, behind it, whose embedding is narrower than its layers.
 * Reference: transformers, models/opt/modeling_opt.py.
 */
import { z } from 'zod';
import type { JsonObject } from '../../json.ts';
import { type Activation, activationNames, activationOf } from '../activations.ts';
import { type Architecture, everyLayer, type ModelConfig } from '../architecture.ts';
import { checkDivides, positions, readConfig, size } from '../config.ts';
import { type Block, buildDecoder } from '../decoder.ts';
import { type Layer, layerNorm, linear, rowRange } from '../layers.ts';
import type { Model, Ops } from '../ops.ts';
import { separateProjections } from '../projections.ts';

/** transformers, `OPTConfig`. */
const keys = {
  vocab_size: size.default(50272),
  hidden_size: size.default(768),
  num_hidden_layers: size.default(12),
  ffn_dim: size.default(3072),
  max_position_embeddings: positions.default(2048),
  do_layer_norm_before: z.boolean().default(true),
  _remove_final_layer_norm: z.boolean().default(false),
  word_embed_proj_dim: size.nullish(),
  num_attention_heads: size.default(12),
  activation_function: z.enum(activationNames).default('relu'),
  enable_bias: z.boolean().default(true),
  layer_norm_elementwise_affine: z.boolean().default(true),
  tie_word_embeddings: z.boolean().default(true),
};

interface OptConfig extends ModelConfig {
  intermediateSize: number;
  activation: Activation;
  normsBefore: boolean;
  finalNorm: boolean;
  embeddingSize: number;
  bias: boolean;
  /** Whether norms have weights and biases. */
  affine: boolean;
}

/** What PyTorch's LayerNorm has where it is not told. */
const epsilon = 1e-5;

/** Rows of the table of positions before that of the first one. */
const offset = 2;

export const opt: Architecture<OptConfig> = {
  name: 'OPTForCausalLM',
  modelType: 'opt',
  names: { base: 'model.', embedding: 'model.decoder.embed_tokens.weight', head: 'lm_head.weight' },
  parse,
  build,
};

function parse(json: JsonObject): OptConfig {
  const { name: architecture } = opt;
  const c = readConfig(architecture, keys, json);
  checkDivides(architecture, 'num_attention_heads', c.num_attention_heads, c.hidden_size, 'hidden_size');
  return {
    architecture,
    layers: c.num_hidden_layers,
    hiddenSize: c.hidden_size,
    heads: c.num_attention_heads,
    keyHeads: c.num_attention_heads,
    headSize: c.hidden_size / c.num_attention_heads,
    vocabularySize: c.vocab_size,
    contextLength: c.max_position_embeddings,
    hon: c.hon,
    intermediateSize: c.ffn_dim,
    activation: activationOf(c.activation_function),
    normsBefore: c.do_layer_norm_before,
    finalNorm: c.do_layer_norm_before && !c._remove_final_layer_norm,
    embeddingSize: c.word_embed_proj_dim ?? c.hidden_size,
    bias: c.enable_bias,
    affine: c.layer_norm_elementwise_affine,
    tiedHead: c.tie_word_embeddings,
    attentions: everyLayer(c.num_hidden_layers, {}),
  };
}

function build<T>(ops: Ops<T>, config: OptConfig): Model<T> {
  const { hiddenSize, vocabularySize, contextLength, embeddingSize } = config;
  const embedding = ops.parameter(opt.names.embedding, [vocabularySize, embeddingSize]);
  const rows = rowRange(offset, contextLength);
  const table = [contextLength + offset, hiddenSize];
  const placed = ops.parameter('model.decoder.embed_positions.weight', table, { rows });
  const same: Layer<T> = (x) => x;
  const project = (name: string, outputs: number, inputs: number) =>
    inputs === outputs ? same : linear(ops, `model.decoder.${name}`, outputs, inputs, { bias: false });
  const widen = project('project_in', hiddenSize, embeddingSize);
  const blocks = config.attentions.map((_, i) => buildBlock(ops, config, `model.decoder.layers.${i}`));
  const norm = config.finalNorm ? buildNorm(ops, config, 'model.decoder.final_layer_norm') : same;
  const narrow = project('project_out', embeddingSize, hiddenSize);
  const head = config.tiedHead ? embedding : ops.parameter(opt.names.head, [vocabularySize, embeddingSize]);
  return buildDecoder(ops, config, {
    embed: (ids, positions) => ops.add(widen(ops.embedding(embedding, ids)), ops.embedding(placed, positions)),
    blocks,
    head: (x) => ops.linear(narrow(norm(x)), head),
  });
}

function buildNorm<T>(ops: Ops<T>, { hiddenSize, affine }: OptConfig, name: string): Layer<T> {
  return layerNorm(ops, name, hiddenSize, epsilon, { affine });
}

function buildBlock<T>(ops: Ops<T>, config: OptConfig, name: string): Block<T> {
  const { hiddenSize, intermediateSize, activation, normsBefore, bias } = config;
  const attentionNorm = buildNorm(ops, config, `${name}.self_attn_layer_norm`);
  const norm = buildNorm(ops, config, `${name}.final_layer_norm`);
  const up = linear(ops, `${name}.fc1`, intermediateSize, hiddenSize, { bias });
  const down = linear(ops, `${name}.fc2`, hiddenSize, intermediateSize, { bias });
  const mlp = (x: T) => down(ops.activation(up(x), activation));
  return {
    attentionNorm: normsBefore ? attentionNorm : (x) => x,
    projections: separateProjections(ops, config, `${name}.self_attn`, { bias }),
    output: linear(ops, `${name}.self_attn.out_proj`, hiddenSize, hiddenSize, { bias }),
    finish(x, attention) {
      const attended = ops.add(x, attention);
      if (normsBefore) return ops.add(attended, mlp(norm(attended)));
      const normed = attentionNorm(attended);
      return norm(ops.add(normed, mlp(normed)));
    },
  };
}
