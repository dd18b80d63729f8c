/** The frame that decoders share: embedding, blocks under rotary attention, norm, head. */
import type { ModelConfig } from './architecture.ts';
import { type Attend, higherOrderAttention, type Projections } from './hon.ts';
import type { Layer } from './layers.ts';
import type { Forward, Ops } from './ops.ts';
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

export function buildDecoder<T>(ops: Ops<T>, config: ModelConfig, parts: DecoderParts<T>): Forward<T> {
  const { heads, keyHeads, hon } = config;
  const tables = rotaryTables(ops, config.contextLength, parts.frequencies);
  return (batch, observe) => {
    const cos = ops.gather(tables.cos, batch.positions);
    const sin = ops.gather(tables.sin, batch.positions);
    const rotate = (x: T, count: number) => ops.rotary(x, cos, sin, count, 2 * parts.frequencies.inverse.length);
    const attendIn = (layer: number): Attend<T> => {
      return (q, k, v, call) => {
        const queryHeads = !call.self || call.self === 'q' ? heads : keyHeads;
        const groups = call.self === 'q' ? heads : keyHeads;
        const [query, key] = [rotate(q, queryHeads), rotate(k, groups)];
        observe?.(layer, call, { q: query, k: key, heads: queryHeads, keyHeads: groups });
        return ops.attention(query, key, v, batch.mask, queryHeads, groups);
      };
    };
    let x = ops.embedding(parts.embedding, batch.ids);
    parts.blocks.forEach((block, i) => {
      // After the last attention only the rows that predict something go on: nothing looks at the others.
      const last = i === parts.blocks.length - 1;
      const kept = (y: T) => (last ? ops.gather(y, batch.headRows) : y);
      const attention = higherOrderAttention(hon, block.projections, attendIn(i), block.attentionNorm(x));
      x = block.finish(kept(x), block.output(kept(attention)));
    });
    const logits = ops.linear(parts.finalNorm(x), parts.head);
    return ops.tokenScores(logits, batch.targetRows, batch.targets);
  };
}
