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

/** Cosines and sines of every position, [contextLength, size/2] each, and after them those of long sequences. */
export interface RotaryTables<T> {
  cos: T;
  sin: T;
}

/** Tables of every position; the angle is the float32 product of position and frequency. */
export function rotaryTables<T>(
  ops: Ops<T>,
  contextLength: number,
  { inverse, scale, long }: RotaryFrequencies,
): RotaryTables<T> {
  const width = inverse.length;
  const sets = long && contextLength > long.beyond ? [inverse, long.inverse] : [inverse];
  const angles = new Float32Array(sets.length * contextLength * width);
  sets.forEach((set, s) => {
    for (let position = 0; position < contextLength; position++)
      for (let i = 0; i < width; i++) angles[(s * contextLength + position) * width + i] = position * set[i];
  });
  const table = (f: (angle: number) => number) =>
    ops.constant(
      angles.map((angle) => Math.fround(f(angle)) * scale),
      [sets.length * contextLength, width],
    );
  return { cos: table(Math.cos), sin: table(Math.sin) };
}
