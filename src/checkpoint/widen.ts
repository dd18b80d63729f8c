/**
 * Numbers of 16 and 8 bits to float32, exactly: each of their values is a float32 value. NaNs of 16 bits keep their
 * payload.
 */
import type { StoredDtype } from './types.ts';

/** `bfloat16` is the upper half of a float32: the sign, eight bits of exponent and seven of fraction. */
export function widenBfloat16(source: Uint16Array, target: Uint32Array): void {
  for (let i = 0; i < source.length; i++) target[i] = source[i] << 16;
}

/** IEEE 754 binary16, by a table of all its 65,536 values. */
export function widenFloat16(source: Uint16Array, target: Uint32Array): void {
  float16Values ??= Uint32Array.from({ length: 1 << 16 }, (_, half) => float32Bits(half));
  const values = float16Values;
  for (let i = 0; i < source.length; i++) target[i] = values[source[i]];
}

let float16Values: Uint32Array | undefined;

/** The float32 with a binary16's value, both as bits. */
function float32Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13);
  if (exponent > 0) return sign | ((exponent - 15 + 127) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // A subnormal, fraction × 2^-24, is a normal float32: its leading one moves to the implicit place, bit 10.
  const shift = Math.clz32(fraction) - 21;
  return sign | ((127 - 14 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}

/** By a table of all its 256 values. */
export function widenFloat8(values: Float32Array, source: Uint8Array, target: Float32Array): void {
  for (let i = 0; i < source.length; i++) target[i] = values[source[i]];
}

/** The values of a type of 8 bits, by their bytes. */
export function float8Table(dtype: Float8): Float32Array {
  return Float32Array.from({ length: 256 }, (_, byte) => float8Values[dtype](byte));
}

/** Types of 8 bits, by safetensors' names: https://github.com/huggingface/safetensors, `Dtype`. */
export type Float8 = Extract<StoredDtype, `F8_${string}`>;

export function isFloat8(dtype: StoredDtype): dtype is Float8 {
  return dtype.startsWith('F8_');
}

/**
 * The OCP 8-bit floating point specification has the first two and, as scales, the third; the others have neither
 * infinities nor a negative zero, whose place is that of NaN (https://arxiv.org/abs/2206.02915).
 */
const float8Values: Record<Float8, (byte: number) => number> = {
  F8_E4M3: (byte) => ((byte & 0x7f) === 0x7f ? Number.NaN : float8Value(byte, 3, 7)),
  F8_E5M2(byte) {
    const magnitude = byte & 0x7f;
    if (magnitude > 0x7c) return Number.NaN;
    return magnitude === 0x7c ? signOf(byte) * Number.POSITIVE_INFINITY : float8Value(byte, 2, 15);
  },
  F8_E8M0: (byte) => (byte === 0xff ? Number.NaN : 2 ** (byte - 127)),
  F8_E4M3FNUZ: (byte) => (byte === 0x80 ? Number.NaN : float8Value(byte, 3, 8)),
  F8_E5M2FNUZ: (byte) => (byte === 0x80 ? Number.NaN : float8Value(byte, 2, 16)),
};

function float8Value(byte: number, fractionBits: number, bias: number): number {
  const exponent = (byte & 0x7f) >> fractionBits;
  const fraction = (byte & ((1 << fractionBits) - 1)) / (1 << fractionBits);
  const magnitude = exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias);
  return signOf(byte) * magnitude;
}

function signOf(byte: number): number {
  return byte & 0x80 ? -1 : 1;
}
