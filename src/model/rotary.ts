/** The rotary position embedding's tables of cosines and sines. */
import type { Ops } from './ops.ts';

/** How fast each pair of elements turns. */
export interface RotaryFrequencies {
  /** [size/2] radians a position; empty where nothing is rotated. */
  inverse: Float32Array;
  /** Cosines and sines are multiplied by it. */
  scale: number;
  /** The radians in sequences of more than `beyond` tokens. */
  long?: { inverse: Float32Array; beyond: number };
}

/**
 * Sequences of more than `beyond` tokens, which have rotary angles of their own from the first token on: their positions
 * are counted from `offset`.
 */
export interface LongSequences {
  beyond: number;
  offset: number;
}

/** Where the positions of a sequence of so many tokens are counted from. */
export function firstPosition(long: LongSequences | undefined, tokens: number): number {
  return long && tokens > long.beyond ? long.offset : 0;
}

/** The long sequences of a model that reads `contextLength` tokens, where it has any. */
export function longSequences({ long }: RotaryFrequencies, contextLength: number): LongSequences | undefined {
  return long && contextLength > long.beyond ? { beyond: long.beyond, offset: contextLength } : undefined;
}

/** Cosines and sines of every position, [contextLength, size/2] each, and after them those of long sequences. */
export interface RotaryTables<T> {
  cos: T;
  sin: T;
}

/**
 * Tables of every position; the angle is the float32 product of position and frequency.
 * @param long The model's long sequences: layers whose angles do not change in them have the same ones twice.
 */
export function rotaryTables<T>(
  ops: Ops<T>,
  { contextLength, long }: { contextLength: number; long?: LongSequences },
  { inverse, scale, long: slowed }: RotaryFrequencies,
): RotaryTables<T> {
  const width = inverse.length;
  const sets = long ? [inverse, slowed?.inverse ?? inverse] : [inverse];
  const angles = () => {
    const all = new Float32Array(sets.length * contextLength * width);
    sets.forEach((set, s) => {
      for (let position = 0; position < contextLength; position++)
        for (let i = 0; i < width; i++) all[(s * contextLength + position) * width + i] = position * set[i];
    });
    return all;
  };
  const table = (f: (angle: number) => number) =>
    ops.constant(() => angles().map((angle) => Math.fround(f(angle)) * scale), [sets.length * contextLength, width]);
  return { cos: table(Math.cos), sin: table(Math.sin) };
}
