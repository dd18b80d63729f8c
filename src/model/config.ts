/**
 * config.json as transformers reads it. An architecture lists the keys that its computation depends on, with the
 * defaults of transformers' configuration class; these here are every architecture's. A key that is in neither list
 * changes no figure there, and is passed over.
 */
import { z } from 'zod';
import { HonEvalError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { check } from '../schema.ts';
import { everyLayer, type ModelConfig } from './architecture.ts';
import type { HonSetting } from './hon.ts';
import { honSchema } from './hon_schema.ts';
import { longSequences, type RotaryFrequencies } from './rotary.ts';

export const size = z.int().positive();

/** `max_position_embeddings`: the rotary tables have a row for each position, so that more would be a mistake. */
export const positions = size.max(2 ** 24);

/** A key that may only be left out or null; `why` is the end of a sentence that begins with it. */
export function refused(why: string) {
  return z.null({ error: why }).optional();
}

const sharedKeys = {
  hon: honSchema.nullish().transform((hon) => hon ?? undefined),
  is_causal: z.literal(true).optional(),
  layer_types: z.array(z.literal('full_attention')).nullish(),
  per_layer_config: refused('settings of single layers are not supported'),
  quantization_config: z
    .null({
      error: ({ input }) =>
        `weights quantised by ${(input as JsonObject)?.quant_method ?? 'an unnamed method'} cannot be read; use the model that they were made from`,
    })
    .optional(),
  transformers_weights: refused('weights in files of other names are not supported'),
};

/** `layer_types` of architectures that have windows in some layers. */
export const slidingTypes = z.array(z.enum(['full_attention', 'sliding_attention'])).nullish();

/**
 * The window of each layer, where it has one.
 * @param slides Whether a layer has one where `layer_types` does not say.
 */
export function windowsOf(
  architecture: string,
  c: { layer_types?: readonly string[] | null; num_hidden_layers: number },
  window: number | null | undefined,
  slides: (layer: number) => boolean,
): (number | undefined)[] {
  const types = c.layer_types;
  if (types?.includes('sliding_attention') && typeof window !== 'number')
    throw configError(
      architecture,
      'sliding_window',
      'layer_types has layers with a window, and there is no size of it',
    );
  return Array.from({ length: c.num_hidden_layers }, (_, layer) => {
    const own = types ? types[layer] === 'sliding_attention' : slides(layer);
    return own ? (window ?? undefined) : undefined;
  });
}

/** Checks config.json against an architecture's keys and those of all; the error names the key. */
export function readConfig<S extends z.ZodRawShape>(architecture: string, keys: S, config: JsonObject) {
  const parsed = parseConfig(architecture, z.looseObject({ ...sharedKeys, ...keys }), config);
  const { layer_types: types, num_hidden_layers: layers } = parsed as {
    layer_types?: string[];
    num_hidden_layers?: number;
  };
  if (types && types.length !== layers)
    throw configError(architecture, 'layer_types', `${types.length} types for ${layers} layers`);
  return parsed;
}

/** The same for a part of config.json that is called `within`. */
export function parseConfig<S extends z.ZodType>(
  architecture: string,
  schema: S,
  config: unknown,
  within: string[] = [],
): z.output<S> {
  const { data, problem } = check(schema, config, { whole: 'config.json', within });
  if (problem !== undefined) throw unusable(architecture, problem);
  return data;
}

export function configError(architecture: string, key: string, problem: string): HonEvalError {
  return unusable(architecture, `${key}: ${problem}`);
}

function unusable(architecture: string, problem: string): HonEvalError {
  return new HonEvalError('checkpoint', `The checkpoint's config.json cannot be run as ${architecture}: ${problem}.`);
}

/** Throws where `number` is no multiple of `divisor`; `key` is the key that holds the latter. */
export function checkDivides(architecture: string, key: string, divisor: number, number: number, of: string): void {
  if (number % divisor !== 0) throw configError(architecture, key, `${divisor} does not divide ${of}, ${number}`);
}

/** Key heads and the size of a head, which config.json may leave to the number of heads and the width. */
export function headSizes(
  architecture: string,
  c: {
    hidden_size: number;
    num_attention_heads: number;
    num_key_value_heads?: number | null;
    head_dim?: number | null;
  },
): { keyHeads: number; headSize: number } {
  const { hidden_size: width, num_attention_heads: heads } = c;
  const keyHeads = c.num_key_value_heads ?? heads;
  checkDivides(architecture, 'num_key_value_heads', keyHeads, heads, 'num_attention_heads');
  if (!c.head_dim) checkDivides(architecture, 'num_attention_heads', heads, width, 'hidden_size');
  return { keyHeads, headSize: c.head_dim ?? width / heads };
}

/** Keys that decoders with a rotary embedding have, whatever else theirs are. */
interface RotaryKeys {
  num_hidden_layers: number;
  hidden_size: number;
  num_attention_heads: number;
  vocab_size: number;
  max_position_embeddings: number;
  tie_word_embeddings: boolean;
  hon?: HonSetting;
}

/** What they say, of a model whose layers have the same attention. */
export function rotaryConfig(
  architecture: string,
  c: RotaryKeys,
  { keyHeads, headSize }: Pick<ModelConfig, 'keyHeads' | 'headSize'>,
  frequencies: RotaryFrequencies,
): ModelConfig {
  const { num_hidden_layers: layers, max_position_embeddings: contextLength } = c;
  return {
    architecture,
    layers,
    hiddenSize: c.hidden_size,
    heads: c.num_attention_heads,
    keyHeads,
    headSize,
    vocabularySize: c.vocab_size,
    contextLength,
    tiedHead: c.tie_word_embeddings,
    long: longSequences(frequencies, contextLength),
    hon: c.hon,
    attentions: everyLayer(layers, { frequencies }),
  };
}
