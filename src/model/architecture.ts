import { z } from 'zod';
import { HonEvalError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { type HonSetting, honSchema } from './hon.ts';
import type { Model, Ops } from './ops.ts';

/** What the rest of hon-eval needs to know of a model, whatever its architecture. */
export interface ModelConfig {
  architecture: string;
  layers: number;
  hiddenSize: number;
  heads: number;
  /** Heads of keys and values; fewer than `heads` where they are grouped. */
  keyHeads: number;
  headSize: number;
  vocabularySize: number;
  /** Positions that the model was made for, in tokens. */
  contextLength: number;
  hon?: HonSetting;
}

/** One file of this room: a decoder's configuration and its computation. */
export interface Architecture<C extends ModelConfig = ModelConfig> {
  /** As `architectures` in config.json names it. */
  name: string;
  /** As `model_type` in config.json names it. */
  modelType: string;
  /** Checks config.json; throws a `checkpoint` error that names what is wrong. */
  parse(config: JsonObject): C;
  /** Asks for the parameters and returns the computation. */
  build<T>(ops: Ops<T>, config: C): Model<T>;
}

/** The key that Hon adds to a base architecture's config.json. */
export const honKey = { hon: honSchema.nullish().transform((hon) => hon ?? undefined) };

/** `max_position_embeddings`: the rotary tables have a row for each position, so that more would be a mistake. */
export const positions = z
  .int()
  .positive()
  .max(2 ** 24);

/** Of zod's issues, those whose message does not tell the value. */
const valueIssues = new Set<string | undefined>(['invalid_value', 'too_small', 'too_big']);

/** Checks config.json against an architecture's schema; the error names the key. */
export function parseConfig<S extends z.ZodType>(architecture: string, schema: S, config: JsonObject): z.output<S> {
  const parsed = schema.safeParse(config, { reportInput: true });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const key = issue.path.join('.') || 'config.json';
  const got = valueIssues.has(issue.code) ? `, got ${JSON.stringify(issue.input)}` : '';
  throw new HonEvalError(
    'checkpoint',
    `The checkpoint's config.json cannot be run as ${architecture}: ${key}: ${issue.message}${got}.`,
  );
}

/**
 * `shared` and `separate` feed an attention's output [N, heads·headSize] to projections that read [N, hiddenSize].
 * Throws where these differ.
 */
export function checkHon(config: ModelConfig): void {
  const width = config.heads * config.headSize;
  const feedsBack = config.hon && config.hon.order > 1 && config.hon.inner !== 'self';
  if (feedsBack && width !== config.hiddenSize)
    throw new HonEvalError(
      'checkpoint',
      `Hon with inner "${config.hon?.inner}" needs heads · head size to equal the hidden size, but ` +
        `${config.heads} · ${config.headSize} = ${width} is not ${config.hiddenSize}; use inner "self" for this model.`,
    );
}
