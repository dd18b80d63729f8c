/** Angles of the rotary position embedding, in float32 steps as transformers computes them. */
import { z } from 'zod';
import type { Ops } from './ops.ts';

/** The rope keys of config.json that name a type: `rope_scaling` of transformers 4, `rope_parameters` of 5. */
export const ropeParametersSchema = z
  .looseObject({
    rope_type: z.string().optional(),
    /** What transformers before 4.43 called `rope_type`. */
    type: z.string().optional(),
    rope_theta: z.number().positive().optional(),
    partial_rotary_factor: z.number().gt(0).max(1).optional(),
  })
  .refine((rope) => ['default', undefined].includes(rope.rope_type ?? rope.type), {
    error: (issue) => {
      const rope = issue.input as { rope_type?: string; type?: string };
      return `rope type "${rope.rope_type ?? rope.type}" is not supported; "default" is`;
    },
  });

/**
 * Inverse frequencies 1/theta^(2i/size) for i < size/2, each step rounded to float32
 * (`compute_default_rope_parameters` in transformers' modeling_rope_utils).
 */
export function inverseFrequencies(size: number, theta: number): Float32Array {
  return Float32Array.from({ length: size >> 1 }, (_, i) => 1 / Math.fround(theta ** Math.fround((2 * i) / size)));
}

/** Cosines and sines of every position, [contextLength, size/2] each. */
export interface RotaryTables<T> {
  cos: T;
  sin: T;
}

/** Tables for `inverse` [size/2]; the angle is the float32 product of position and frequency. */
export function rotaryTables<T>(ops: Ops<T>, contextLength: number, inverse: Float32Array): RotaryTables<T> {
  const width = inverse.length;
  const angles = new Float32Array(contextLength * width);
  for (let position = 0; position < contextLength; position++)
    for (let i = 0; i < width; i++) angles[position * width + i] = position * inverse[i];
  return {
    cos: ops.constant(angles.map(Math.cos), [contextLength, width]),
    sin: ops.constant(angles.map(Math.sin), [contextLength, width]),
  };
}
