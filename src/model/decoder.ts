/** The frame that decoders share: embedding, blocks under rotary attention, norm, head. */
import type { ModelConfig, ParameterNames } from './architecture.ts';
import { type Attend, type AttentionCall, higherOrderAttention, type Projections, type Role } from './hon.ts';
import type { Layer } from './layers.ts';
import type { Heads, Model, Ops, Past, Remembering, TreeBatch } from './ops.ts';
import { type RotaryFrequencies, rotaryTables } from './rotary.ts';

/** The parts that architectures differ in. */
export interface DecoderParts<T> {
  /** Token ids and positions [N] → activations [N, hiddenSize]. */
  embed(ids: T, positions: T): T;
  blocks: Block<T>[];
  /** Activations [N, hiddenSize] → logits [N, vocabularySize], the last norm included. */
  head: Layer<T>;
}

/** One layer: how it projects and attends, and what it does with its input and the attention's output. */
export interface Block<T> {
  attentionNorm: Layer<T>;
  projections: Projections<T>;
  /** The output projection Wo: [N, heads·headSize] → [N, hiddenSize]. */
  output: Layer<T>;
  /** The block's output from its input and the projected attention, both [N, hiddenSize]. */
  finish(x: T, attention: T): T;
}

export function buildDecoder<T>(ops: Ops<T>, config: ModelConfig, parts: DecoderParts<T>): Model<T> {
  const { hon, headSize } = config;
  const tablesOf = once((frequencies: RotaryFrequencies) => rotaryTables(ops, config, frequencies));
  // Asked for while the model is built, as parameters are.
  for (const { frequencies } of config.attentions) if (frequencies?.inverse.length) tablesOf(frequencies);

  /** Logits of the tokens at `rows`. */
  function logits({ ids, positions }: Pick<TreeBatch<T>, 'ids' | 'positions'>, rows: T, attend: Attention<T>): T {
    const rotationOf = once((frequencies: RotaryFrequencies) => rotation(positions, frequencies));
    let x = parts.embed(ids, positions);
    parts.blocks.forEach((block, layer) => {
      // After the last attention only the rows that predict something go on: nothing looks at the others.
      const last = layer === parts.blocks.length - 1;
      const kept = (y: T) => (last ? ops.gather(y, rows) : y);
      const { frequencies, window, scale, cap } = config.attentions[layer];
      const rotate = frequencies ? rotationOf(frequencies) : (y: T) => y;
      const attendIn: Attend<T> = (q, k, v, call) => {
        const heads = { ...headsOf(config, call), scale, cap };
        return attend({ q: rotate(q, heads.heads), k: rotate(k, heads.keyHeads), v, heads, window, layer, call });
      };
      const attention = higherOrderAttention(hon, block.projections, attendIn, block.attentionNorm(x));
      x = block.finish(kept(x), block.output(kept(attention)));
    });
    return parts.head(x);
  }

  /** Rotary embedding at `positions`. Levels that have the same queries or keys share the rotated ones. */
  function rotation(positions: T, frequencies: RotaryFrequencies): (x: T, heads: number) => T {
    const size = 2 * frequencies.inverse.length;
    if (size === 0) return (x) => x;
    const tables = tablesOf(frequencies);
    const cos = ops.gather(tables.cos, positions);
    const sin = ops.gather(tables.sin, positions);
    return once((x, heads) => ops.rotary(x, cos, sin, heads, size));
  }

  /** The batch's mask, or what a window leaves of it. */
  function masks(mask: T): (window: number | undefined) => T {
    return once((window) => (window === undefined ? mask : ops.window(mask, window)));
  }

  /** One cache a level, and where levels have the same keys or values, one for all of them. */
  function memory(batch: Remembering<T>): (k: T, v: T, heads: Heads) => Past<T> {
    const keys = once((x: T, count: number) => batch.past('keys', x, count, headSize));
    const values = once((x: T, count: number) => batch.past('values', x, count, headSize));
    return (k, v, { keyHeads }) => ({ keys: keys(k, keyHeads), values: values(v, keyHeads) });
  }

  return {
    score(batch, observe) {
      const maskOf = masks(batch.mask);
      const trunkOf = memory(batch);
      const attend: Attention<T> = ({ q, k, v, heads, window, layer, call }) => {
        observe?.(layer, call, { q, k, heads });
        return ops.attention(q, k, v, trunkOf(k, v, heads), maskOf(window), heads);
      };
      return ops.tokenScores(logits(batch, batch.headRows, attend), batch.targetRows, batch.targets);
    },
    next(batch) {
      const maskOf = masks(batch.mask);
      const pastOf = memory(batch);
      return logits(batch, batch.lastRows, ({ q, k, v, heads, window }) =>
        ops.cachedAttention(q, k, v, pastOf(k, v, heads), maskOf(window), heads),
      );
    },
  };
}

/** One attention, its queries and keys with rotary embedding. */
interface AttentionStep<T> extends Record<Role, T> {
  heads: Heads;
  window: number | undefined;
  layer: number;
  call: AttentionCall;
}
type Attention<T> = (step: AttentionStep<T>) => T;

/** Where queries, keys and values are one projection, its heads are those of all three. */
function headsOf({ heads, keyHeads, headSize }: ModelConfig, { self }: AttentionCall): Heads {
  if (!self) return { heads, keyHeads, headSize };
  const own = self === 'q' ? heads : keyHeads;
  return { heads: own, keyHeads: own, headSize };
}

/** A function that is asked only once for each `x`. */
function once<X, R, A extends unknown[]>(compute: (x: X, ...others: A) => R): (x: X, ...others: A) => R {
  const known = new Map<X, R>();
  return (x, ...others) => {
    const result = known.get(x) ?? compute(x, ...others);
    known.set(x, result);
    return result;
  };
}

/** What the parameters of Llama's outline are called. */
export const stackNames: ParameterNames = {
  base: 'model.',
  embedding: 'model.embed_tokens.weight',
  head: 'lm_head.weight',
};

/**
 * A decoder of Llama's outline: `model.embed_tokens`, the blocks `model.layers.<i>`, `model.norm`, and a head of its own or
 * the embedding's.
 */
export function buildStack<T>(
  ops: Ops<T>,
  config: ModelConfig,
  buildBlock: (name: string) => Block<T>,
  buildNorm: (name: string) => Layer<T>,
): Model<T> {
  const shape = [config.vocabularySize, config.hiddenSize];
  const embedding = ops.parameter(stackNames.embedding, shape);
  const blocks = config.attentions.map((_, i) => buildBlock(`model.layers.${i}`));
  const norm = buildNorm('model.norm');
  const head = config.tiedHead ? embedding : ops.parameter(stackNames.head, shape);
  return buildDecoder(ops, config, {
    embed: (ids) => ops.embedding(embedding, ids),
    blocks,
    head: (x) => ops.linear(norm(x), head),
  });
}
