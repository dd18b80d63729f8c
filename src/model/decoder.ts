/** The frame that decoders share: embedding, blocks under rotary attention, norm, head. */
import type { ModelConfig } from './architecture.ts';
import { type Attend, type AttentionCall, higherOrderAttention, type Projections, type Role } from './hon.ts';
import type { Layer } from './layers.ts';
import type { Heads, Model, Ops, TreeBatch } from './ops.ts';
import { type RotaryFrequencies, rotaryTables } from './rotary.ts';

/** The parts that architectures differ in. */
export interface DecoderParts<T> {
  /** [vocabularySize, hiddenSize] */
  embedding: T;
  /** [vocabularySize, hiddenSize]; the embedding where the head is tied to it. */
  head: T;
  blocks: Block<T>[];
  finalNorm: Layer<T>;
  frequencies: RotaryFrequencies;
}

/** One layer: how it projects, and what it does with its input and the attention's output. */
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
  const size = 2 * parts.frequencies.inverse.length;
  const tables = size > 0 ? rotaryTables(ops, config.contextLength, parts.frequencies) : undefined;

  /** Logits of the tokens at `rows`. */
  function logits({ ids, positions }: Pick<TreeBatch<T>, 'ids' | 'positions'>, rows: T, attend: Attention<T>): T {
    const rotate = rotation(positions);
    let x = ops.embedding(parts.embedding, ids);
    parts.blocks.forEach((block, layer) => {
      // After the last attention only the rows that predict something go on: nothing looks at the others.
      const last = layer === parts.blocks.length - 1;
      const kept = (y: T) => (last ? ops.gather(y, rows) : y);
      const attendIn: Attend<T> = (q, k, v, call) => {
        const heads = headsOf(config, call);
        return attend({ q: rotate(q, heads.heads), k: rotate(k, heads.keyHeads), v, heads, layer, call });
      };
      const attention = higherOrderAttention(hon, block.projections, attendIn, block.attentionNorm(x));
      x = block.finish(kept(x), block.output(kept(attention)));
    });
    return ops.linear(parts.finalNorm(x), parts.head);
  }

  /** Rotary embedding at `positions`. Levels that have the same queries or keys share the rotated ones. */
  function rotation(positions: T): (x: T, heads: number) => T {
    if (!tables) return (x) => x;
    const cos = ops.gather(tables.cos, positions);
    const sin = ops.gather(tables.sin, positions);
    return memoized((x, heads) => ops.rotary(x, cos, sin, heads, size));
  }

  return {
    score(batch, observe) {
      const attend: Attention<T> = ({ q, k, v, heads: { heads, keyHeads }, layer, call }) => {
        observe?.(layer, call, { q, k, heads, keyHeads });
        return ops.attention(q, k, v, batch.mask, heads, keyHeads);
      };
      return ops.tokenScores(logits(batch, batch.headRows, attend), batch.targetRows, batch.targets);
    },
    next(batch) {
      // One cache a level, and where levels have the same keys or values, one for all of them.
      const keys = memoized((x: T, count) => batch.past('keys', x, count, headSize));
      const values = memoized((x: T, count) => batch.past('values', x, count, headSize));
      return logits(batch, batch.lastRows, ({ q, k, v, heads }) => {
        const past = { keys: keys(k, heads.keyHeads), values: values(v, heads.keyHeads) };
        return ops.cachedAttention(q, k, v, past, batch.mask, heads);
      });
    },
  };
}

/** One attention, its queries and keys with rotary embedding. */
interface AttentionStep<T> extends Record<Role, T> {
  heads: Heads;
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
function memoized<T>(compute: (x: T, count: number) => T): (x: T, count: number) => T {
  const known = new Map<T, T>();
  return (x, count) => {
    const result = known.get(x) ?? compute(x, count);
    known.set(x, result);
    return result;
  };
}
