/**
 * Half-precision numbers to float32, exactly: every F16 and BF16 value is a float32 value. NaNs keep their payload.
 */

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
