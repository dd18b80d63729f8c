/** adapter_config.json as Python's peft writes it: https://github.com/huggingface/peft, tuners/lora/config.py. */
import { z } from 'zod';
import type { JsonObject } from '../../json.ts';
import { check } from '../../schema.ts';
import { damaged } from '../files.ts';

/** Initialisations that change the base model's weights, which the adapter then counts on. */
const changesBase = /^(pissa|olora|corda|loftq|lora_ga)/i;

/** Settings under which an adapter is more than a product of two matrices. */
const otherKinds = [
  'alora_invocation_tokens',
  'arrow_config',
  'kasa_config',
  'layer_replication',
  'monteclora_config',
  'target_parameters',
  'trainable_token_indices',
  'use_bdlora',
  'use_qalora',
] as const;

/**
 * Keys are names of modules or regular expressions; those that could take endless time, as a repeated group can or many
 * repetitions, are refused.
 */
const patterns = z
  .record(z.string(), z.number().positive())
  .refine((all) => Object.keys(all).every(isHarmless), {
    error: 'expected names of modules or plain regular expressions, with no repeated group and at most 4 repetitions',
  })
  .nullish();

function isHarmless(expression: string): boolean {
  const repetitions = expression.match(/(?<!\\)[*+{?]/g) ?? [];
  return repetitions.length <= 4 && !/\)[*+{?]/.test(expression) && isRegExp(expression);
}

function isRegExp(expression: string): boolean {
  try {
    modulePattern(expression);
    return true;
  } catch {
    return false;
  }
}

/** peft matches the end of a module's name. */
function modulePattern(expression: string): RegExp {
  return new RegExp(`^(.*\\.)?(${expression})$`);
}

const schema = z.looseObject({
  peft_type: z.literal('LORA', { error: 'hon-eval merges adapters of the type LORA' }),
  base_model_name_or_path: z.string().nullish(),
  r: z.number().positive(),
  lora_alpha: z.number(),
  rank_pattern: patterns,
  alpha_pattern: patterns,
  use_rslora: z.boolean().nullish(),
  init_lora_weights: z
    .union([z.boolean(), z.string()])
    .nullish()
    .refine((kind) => !changesBase.test(String(kind)), {
      error: 'it changed the weights of the base model; save the adapter with path_initial_model_for_weight_conversion',
    }),
  ...Object.fromEntries(
    otherKinds.map((key) => [
      key,
      // Earlier versions of peft do not know all of them.
      z
        .unknown()
        .refine((value) => !isSet(value), { error: 'it is not supported' })
        .optional(),
    ]),
  ),
});

function isSet(value: unknown): boolean {
  return Boolean(value) && !(typeof value === 'object' && Object.keys(value as object).length === 0);
}

export interface AdapterConfig {
  /** The model that the adapter was trained on: a folder or a repository. */
  base?: string;
  /** What the product of a module's two matrices, of this rank, is multiplied by. */
  scale(module: string, rank: number): number;
}

/** @param path Of the file, for errors. */
export function parseAdapterConfig(json: JsonObject, path: string): AdapterConfig {
  const { data, problem } = check(schema, json);
  if (problem !== undefined) throw damaged(path, problem);
  const { lora_alpha, alpha_pattern, use_rslora } = data;
  return {
    base: data.base_model_name_or_path || undefined,
    scale(module, rank) {
      const alpha = ofPattern(alpha_pattern ?? {}, module) ?? lora_alpha;
      return alpha / (use_rslora ? Math.sqrt(rank) : rank);
    },
  };
}

/** peft's `get_pattern_key`: the first pattern that matches the end of a module's name. */
function ofPattern(pattern: Record<string, number>, module: string): number | undefined {
  const key = Object.keys(pattern).find((expression) => modulePattern(expression).test(module));
  return key === undefined ? undefined : pattern[key];
}
