/** Float32 to half precision, to the nearest value and of two as near to the even one: what PyTorch does. */

/** The inverse of `widenBfloat16`; both as bits. */
export function narrowBfloat16(source: Uint32Array, target: Uint16Array): void {
  for (let i = 0; i < source.length; i++) target[i] = (source[i] + 0x7fff + ((source[i] >>> 16) & 1)) >>> 16;
}

/** The inverse of `widenFloat16`; both as bits. What is too large becomes infinite. */
export function narrowFloat16(source: Uint32Array, target: Uint16Array): void {
  for (let i = 0; i < source.length; i++) target[i] = float16Bits(source[i]);
}

const value = new Float32Array(1);
const valueBits = new Uint32Array(value.buffer);

function float16Bits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  // From 2^-14 on the exponent's bias changes from 127 to 15, and 13 bits of the fraction go.
  if (magnitude >= 0x38800000) return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
  // Subnormal: multiples of 2^-24. Adding 0.5, whose last bit is 2^-24, rounds to one.
  valueBits[0] = magnitude;
  value[0] += 0.5;
  return sign | (valueBits[0] - 0x3f000000);
}
