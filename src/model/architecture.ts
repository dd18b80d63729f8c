import { HonEvalError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import type { HonSetting } from './hon.ts';
import type { Heads, Model, Ops } from './ops.ts';
import type { LongSequences, RotaryFrequencies } from './rotary.ts';

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
  /** Whether the head is the embedding. */
  tiedHead: boolean;
  long?: LongSequences;
  hon?: HonSetting;
  /** By layer. */
  attentions: readonly AttentionSetting[];
}

/** What all attentions of a layer have in common, inner and outer. */
export interface AttentionSetting extends Pick<Heads, 'scale' | 'cap'> {
  /** Of the rotary embedding of queries and keys; none where left out. */
  frequencies?: RotaryFrequencies;
  /** How many tokens back a token sees, itself among them; all where left out. */
  window?: number;
}

/** The same attention in every layer. */
export function everyLayer(layers: number, setting: AttentionSetting): AttentionSetting[] {
  return new Array<AttentionSetting>(layers).fill(setting);
}

/** One file of this room: a decoder's configuration and its computation. */
export interface Architecture<C extends ModelConfig = ModelConfig> {
  /** As `architectures` in config.json names it. */
  name: string;
  /** As `model_type` in config.json names it. */
  modelType: string;
  names: ParameterNames;
  /** Checks config.json; throws a `checkpoint` error that names what is wrong. */
  parse(config: JsonObject): C;
  /** Asks for the parameters and returns the computation. */
  build<T>(ops: Ops<T>, config: C): Model<T>;
}

/** How checkpoints may call what `build` asks for. */
export interface ParameterNames {
  /** What the names of all but the head begin with, and are stored without where a model was saved without its head. */
  base: string;
  embedding: string;
  head: string;
  /** Beginnings of names that other versions of transformers write, and what stands for them here. */
  renamed?: Readonly<Record<string, string>>;
}

/** The name under which `build` asks for a tensor that a checkpoint calls `name`. */
export function parameterName({ base, head, renamed = {} }: ParameterNames, name: string): string {
  const other = Object.keys(renamed).find((start) => name.startsWith(start));
  const current = other === undefined ? name : renamed[other] + name.slice(other.length);
  return current.startsWith(base) || current === head ? current : base + current;
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
