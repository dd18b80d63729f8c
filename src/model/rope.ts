/**
 * The rope settings of config.json, and the frequencies that they mean, in float32 steps as transformers'
 * modeling_rope_utils.py computes them.
 */
import { z } from 'zod';
import type { JsonObject } from '../json.ts';
import { configError, parseConfig, size } from './config.ts';
import type { RotaryFrequencies } from './rotary.ts';

const number = z.number();
const positive = number.positive();
const shared = { rope_theta: positive, partial_rotary_factor: number.min(0).max(1) };
const original = { original_max_position_embeddings: size };

/** The keys of each type that are used; transformers passes over all others. */
const ropeTypes = {
  default: z.object(shared),
  linear: z.object({ ...shared, factor: positive }),
  dynamic: z.object({ ...shared, factor: positive }),
  proportional: z.object({ ...shared, factor: positive.default(1) }),
  llama3: z.object({
    ...shared,
    ...original,
    factor: positive,
    low_freq_factor: positive,
    high_freq_factor: positive,
  }),
  yarn: z.object({
    ...shared,
    ...original,
    factor: positive.nullable(),
    attention_factor: number.nullish(),
    beta_fast: number.nullish(),
    beta_slow: number.nullish(),
    mscale: number.nullish(),
    mscale_all_dim: number.nullish(),
    truncate: z.boolean().nullable().default(true),
  }),
  longrope: z.object({
    ...shared,
    ...original,
    short_factor: z.array(positive),
    long_factor: z.array(positive),
    factor: positive.nullish(),
    attention_factor: number.nullish(),
  }),
};
export type RopeType = keyof typeof ropeTypes;
type Rope<K extends RopeType> = z.output<(typeof ropeTypes)[K]>;

/** What the frequencies depend on beside the settings. */
interface Sizes {
  /** Leading elements of a head that are rotated. */
  rotated: number;
  headSize: number;
  /** `max_position_embeddings` */
  contextLength: number;
}

const frequencies: { [K in RopeType]: (rope: Rope<K>, sizes: Sizes) => RotaryFrequencies } = {
  default: (rope, { rotated }) => ({ inverse: inverses(rope.rope_theta, rotated), scale: 1 }),
  linear: (rope, { rotated }) => ({
    inverse: inverses(rope.rope_theta, rotated).map((frequency) => frequency / rope.factor),
    scale: 1,
  }),
  dynamic,
  proportional,
  llama3,
  yarn,
  longrope,
};

export interface RopeOptions {
  /** As `architectures` in config.json names it. */
  architecture: string;
  headSize: number;
  /** `max_position_embeddings` */
  contextLength: number;
  /** The key of config.json, and else the number, that stands in where the settings have no `rope_theta`. */
  theta?: { key: string; otherwise: number };
  /** The same for `partial_rotary_factor`; left out where the architecture rotates whole heads, whatever is set. */
  partial?: { key: string; otherwise: number };
  /** The types that the architecture takes, where it does not take all. */
  types?: readonly RopeType[];
}

/**
 * The frequencies that config.json asks for, as transformers 5 takes them: `rope_scaling`, transformers 4's key, wins over
 * `rope_parameters`, what is within either wins over what is beside it, and an original length that is beside it wins over
 * one within. Throws a `checkpoint` error that names a setting which cannot be used.
 */
export function readRope(config: JsonObject, options: RopeOptions): RotaryFrequencies {
  const key = isEmpty(config.rope_scaling) ? 'rope_parameters' : 'rope_scaling';
  const settings = parseConfig(options.architecture, z.looseObject({}).nullish(), config[key], [key]) ?? {};
  return readRopeSettings(config, key, settings as JsonObject, options);
}

/** As `readRope`, from settings that stand at `key`: one architecture may have several. */
export function readRopeSettings(
  config: JsonObject,
  key: string,
  settings: JsonObject,
  options: RopeOptions,
): RotaryFrequencies {
  const { architecture, headSize, contextLength, partial } = options;
  const { key: thetaKey, otherwise } = options.theta ?? { key: 'rope_theta', otherwise: 10000 };
  const fail = (name: string, problem: string) => configError(architecture, `${key}.${name}`, problem);
  for (const [name, value] of Object.entries(settings))
    if (value !== null && typeof value === 'object' && !Array.isArray(value))
      throw fail(name, 'settings for one kind of layers are not supported');
  // Before transformers 4.43 the key was `type`.
  const type = settings.rope_type === undefined ? (settings.type ?? 'default') : settings.rope_type;
  const { types = Object.keys(ropeTypes) as RopeType[] } = options;
  if (!isOneOf(types, type))
    throw fail('rope_type', `${JSON.stringify(type)} is not supported; ${types.join(', ')} are`);
  const complete = {
    rope_theta: config[thetaKey] === undefined ? otherwise : config[thetaKey],
    partial_rotary_factor: config[partial?.key ?? 'partial_rotary_factor'] ?? partial?.otherwise ?? 1,
    original_max_position_embeddings: contextLength,
    ...settings,
    ...pick(config, 'original_max_position_embeddings'),
  };
  const rope = parseConfig(architecture, ropeTypes[type] as z.ZodType<Rope<RopeType>>, complete, [key]);
  const whole = type === 'proportional' || (type === 'default' && !partial);
  const rotated = whole ? headSize : Math.trunc(headSize * rope.partial_rotary_factor);
  if (!partial && rotated !== headSize) throw fail('partial_rotary_factor', `${architecture} rotates whole heads`);
  if (rotated % 2 && rotated === headSize) throw fail('partial_rotary_factor', `a head of ${headSize} has an odd size`);
  const computed = (frequencies[type] as (rope: Rope<RopeType>, sizes: Sizes) => RotaryFrequencies)(rope, {
    rotated,
    headSize,
    contextLength,
  });
  const sets = [computed.inverse, computed.long?.inverse ?? computed.inverse];
  if (sets.some((set) => set.length !== sets[0].length || !set.every(Number.isFinite)))
    throw fail('rope_type', `the settings of "${type}" give no frequencies for the ${rotated} elements of a head`);
  return computed;
}

function isEmpty(settings: unknown): boolean {
  return !settings || (typeof settings === 'object' && Object.keys(settings).length === 0);
}

function isOneOf(types: readonly RopeType[], type: unknown): type is RopeType {
  return (types as readonly unknown[]).includes(type);
}

function pick(config: JsonObject, key: string): JsonObject {
  return config[key] === undefined ? {} : { [key]: config[key] };
}

/** theta^(2i/width) in float32, for every pair of `count` elements: of an odd one out as well. */
function powers(theta: number, width: number, count = width): Float32Array {
  const base = Math.fround(theta);
  return Float32Array.from({ length: Math.ceil(count / 2) }, (_, i) => base ** Math.fround((2 * i) / width));
}

function inverses(theta: number, width: number): Float32Array {
  return powers(theta, width).map((power) => 1 / power);
}

/**
 * `_compute_dynamic_ntk_parameters`: the base grows with what is read beyond the model's window, which here is never
 * anything.
 */
function dynamic({ rope_theta: theta, factor }: Rope<'dynamic'>, { rotated }: Sizes): RotaryFrequencies {
  // With one pair the exponent has no value.
  if (rotated === 2) return { inverse: Float32Array.of(Number.NaN), scale: 1 };
  const grown = theta * (factor - (factor - 1)) ** (rotated / (rotated - 2));
  return { inverse: inverses(grown, rotated), scale: 1 };
}

/** `_compute_proportional_rope_parameters`: the leading pairs of the whole head turn, the others stand still. */
function proportional(rope: Rope<'proportional'>, { headSize }: Sizes): RotaryFrequencies {
  const turning = Math.floor((rope.partial_rotary_factor * headSize) / 2);
  const inverse = new Float32Array(Math.max(turning, Math.floor(headSize / 2)));
  powers(rope.rope_theta, headSize, 2 * turning).forEach((power, i) => {
    inverse[i] = Math.fround(1 / power) / rope.factor;
  });
  return { inverse, scale: 1 };
}

/** `_compute_llama3_parameters`: slow turns are slowed down by `factor`, fast ones stay, between them is a ramp. */
function llama3(rope: Rope<'llama3'>, { rotated }: Sizes): RotaryFrequencies {
  const { factor, low_freq_factor: low, high_freq_factor: high, original_max_position_embeddings: length } = rope;
  const inverse = inverses(rope.rope_theta, rotated).map((frequency) => {
    const wavelength = Math.fround(Math.fround(2 * Math.PI) / frequency);
    if (wavelength > length / low) return frequency / factor;
    if (wavelength < length / high) return frequency;
    const smooth = Math.fround(Math.fround(Math.fround(length / wavelength) - low) / (high - low));
    const slowed = Math.fround(Math.fround(Math.fround(1 - smooth) * frequency) / factor);
    return slowed + Math.fround(smooth * frequency);
  });
  return { inverse, scale: 1 };
}

/** `_compute_yarn_parameters` (Peng et al. 2023, arXiv:2309.00071). */
function yarn(rope: Rope<'yarn'>, { rotated, contextLength }: Sizes): RotaryFrequencies {
  const { rope_theta: theta, original_max_position_embeddings: length, mscale, mscale_all_dim: mscaleAll } = rope;
  const factor = rope.factor ?? contextLength / length;
  const correction = (turns: number) => (rotated * Math.log(length / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
  const [first, last] = [correction(rope.beta_fast || 32), correction(rope.beta_slow || 1)];
  const low = Math.max(rope.truncate ? Math.floor(first) : first, 0);
  const high = Math.min(rope.truncate ? Math.ceil(last) : last, rotated - 1);
  const width = low === high ? 0.001 : high - low;
  const inverse = powers(theta, rotated).map((power, i) => {
    const ramp = Math.fround(Math.min(1, Math.max(0, (i - low) / width)));
    const kept = Math.fround(1 - ramp);
    const [fast, slow] = [1 / power, 1 / Math.fround(factor * power)].map(Math.fround);
    return Math.fround(slow * Math.fround(1 - kept)) + Math.fround(fast * kept);
  });
  const magnitude = (scale: number, weight = 1) => (scale <= 1 ? 1 : 0.1 * weight * Math.log(scale) + 1);
  const inferred = mscale && mscaleAll ? magnitude(factor, mscale) / magnitude(factor, mscaleAll) : magnitude(factor);
  return { inverse, scale: rope.attention_factor ?? inferred };
}

/** `_compute_longrope_parameters` (Ding et al. 2024, arXiv:2402.13753). */
function longrope(rope: Rope<'longrope'>, { rotated, contextLength }: Sizes): RotaryFrequencies {
  const { original_max_position_embeddings: length } = rope;
  const factor = rope.factor ?? contextLength / length;
  const inferred = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(length));
  const plain = powers(rope.rope_theta, rotated);
  const slowed = (factors: number[]) =>
    plain.length === factors.length
      ? plain.map((power, i) => 1 / Math.fround(Math.fround(factors[i]) * power))
      : new Float32Array([Number.NaN]);
  return {
    inverse: slowed(rope.short_factor),
    scale: rope.attention_factor ?? inferred,
    long: { inverse: slowed(rope.long_factor), beyond: length },
  };
}
