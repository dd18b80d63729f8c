/** Angles of the rotary position embedding, in float32 steps as transformers' modeling_rope_utils.py computes them. */
import { z } from 'zod';
import type { Ops } from './ops.ts';

const shared = {
  rope_theta: z.number().positive().optional(),
  partial_rotary_factor: z.number().gt(0).max(1).optional(),
};

const ropeTypes = {
  default: z.looseObject(shared),
  linear: z.looseObject({ ...shared, factor: z.number().min(1) }),
  llama3: z.looseObject({
    ...shared,
    factor: z.number().min(1),
    low_freq_factor: z.number().positive(),
    high_freq_factor: z.number().positive(),
    original_max_position_embeddings: z.int().positive().optional(),
  }),
  yarn: z.looseObject({
    ...shared,
    factor: z.number().min(1),
    original_max_position_embeddings: z.int().positive().optional(),
    attention_factor: z.number().positive().nullish(),
    beta_fast: z.number().positive().nullish(),
    beta_slow: z.number().positive().nullish(),
    mscale: z.number().nullish(),
    mscale_all_dim: z.number().nullish(),
    truncate: z.boolean().default(true),
  }),
};

type RopeType = keyof typeof ropeTypes;
type Rope<K extends RopeType> = z.output<(typeof ropeTypes)[K]> & { rope_type: K };

/** The rope keys of config.json that name a type: `rope_scaling` of transformers 4, `rope_parameters` of 5. */
export const ropeSchema = z.looseObject({}).transform((value, context) => {
  // Before transformers 4.43 the key was `type`.
  const type = (value.rope_type ?? value.type ?? 'default') as string;
  if (!Object.hasOwn(ropeTypes, type)) {
    const known = Object.keys(ropeTypes).join(', ');
    context.addIssue({ code: 'custom', message: `rope type "${type}" is not supported; ${known} are` });
    return z.NEVER;
  }
  const parsed = ropeTypes[type as RopeType].safeParse(value);
  for (const { path, message } of parsed.error?.issues ?? []) context.addIssue({ code: 'custom', path, message });
  return { ...parsed.data, rope_type: type } as { [K in RopeType]: Rope<K> }[RopeType];
});
export type RopeParameters = z.output<typeof ropeSchema>;

/** Where the rope keys stand in config.json: together in transformers 5, spread out in 4. */
export const ropeKeys = {
  rope_theta: z.number().positive().optional(),
  rope_scaling: ropeSchema.nullish(),
  rope_parameters: ropeSchema.nullish(),
};

/** How fast each pair of elements turns. */
export interface RotaryFrequencies {
  /** [size/2] radians a position. */
  inverse: Float32Array;
  /** Cosines and sines are multiplied by it. */
  scale: number;
}

/**
 * Frequencies for the first `size` elements of a head.
 * @param contextLength `max_position_embeddings`, which stands in where the original length is not given.
 */
export function rotaryFrequencies(
  rope: RopeParameters | null | undefined,
  size: number,
  theta: number,
  contextLength: number,
): RotaryFrequencies {
  const inverse = Float32Array.from({ length: size >> 1 }, (_, i) => 1 / power(theta, i, size));
  if (rope?.rope_type === 'linear') return { inverse: inverse.map((value) => value / rope.factor), scale: 1 };
  if (rope?.rope_type === 'llama3') return { inverse: llama3(rope, inverse, contextLength), scale: 1 };
  if (rope?.rope_type === 'yarn') return yarn(rope, size, theta, contextLength);
  return { inverse, scale: 1 };
}

/** theta^(2i/size) in float32. */
function power(theta: number, i: number, size: number): number {
  return Math.fround(theta ** Math.fround((2 * i) / size));
}

/** `_compute_llama3_parameters`: slow turns are slowed down by `factor`, fast ones stay, between them is a ramp. */
function llama3(rope: Rope<'llama3'>, inverse: Float32Array, contextLength: number): Float32Array {
  const { factor, low_freq_factor: low, high_freq_factor: high } = rope;
  const length = rope.original_max_position_embeddings ?? contextLength;
  return inverse.map((frequency) => {
    const wavelength = Math.fround(Math.fround(2 * Math.PI) / frequency);
    if (wavelength > length / low) return frequency / factor;
    if (wavelength < length / high) return frequency;
    const smooth = Math.fround(Math.fround(Math.fround(length / wavelength) - low) / (high - low));
    const slowed = Math.fround(Math.fround(Math.fround(1 - smooth) * frequency) / factor);
    return slowed + Math.fround(smooth * frequency);
  });
}

/** `_compute_yarn_parameters` (Peng et al. 2023, arXiv:2309.00071). */
function yarn(rope: Rope<'yarn'>, size: number, theta: number, contextLength: number): RotaryFrequencies {
  const { factor, mscale, mscale_all_dim: mscaleAll } = rope;
  const length = rope.original_max_position_embeddings ?? contextLength;
  const correction = (turns: number) => (size * Math.log(length / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
  const [first, last] = [correction(rope.beta_fast || 32), correction(rope.beta_slow || 1)];
  const low = Math.max(rope.truncate ? Math.floor(first) : first, 0);
  const high = Math.min(rope.truncate ? Math.ceil(last) : last, size - 1);
  const width = low === high ? 0.001 : high - low;
  const inverse = Float32Array.from({ length: size >> 1 }, (_, i) => {
    const ramp = Math.fround(Math.min(1, Math.max(0, (i - low) / width)));
    const kept = Math.fround(1 - ramp);
    const [fast, slow] = [1 / power(theta, i, size), 1 / Math.fround(factor * power(theta, i, size))].map(Math.fround);
    return Math.fround(slow * Math.fround(1 - kept)) + Math.fround(fast * kept);
  });
  const magnitude = (scale: number, weight = 1) => (scale <= 1 ? 1 : 0.1 * weight * Math.log(scale) + 1);
  const inferred = mscale && mscaleAll ? magnitude(factor, mscale) / magnitude(factor, mscaleAll) : magnitude(factor);
  return { inverse, scale: rope.attention_factor ?? inferred };
}

/** Cosines and sines of every position, [contextLength, size/2] each. */
export interface RotaryTables<T> {
  cos: T;
  sin: T;
}

/** Tables of every position; the angle is the float32 product of position and frequency. */
export function rotaryTables<T>(
  ops: Ops<T>,
  contextLength: number,
  { inverse, scale }: RotaryFrequencies,
): RotaryTables<T> {
  const width = inverse.length;
  const angles = new Float32Array(contextLength * width);
  for (let position = 0; position < contextLength; position++)
    for (let i = 0; i < width; i++) angles[position * width + i] = position * inverse[i];
  const table = (f: (angle: number) => number) =>
    ops.constant(
      angles.map((angle) => Math.fround(f(angle)) * scale),
      [contextLength, width],
    );
  return { cos: table(Math.cos), sin: table(Math.sin) };
}
