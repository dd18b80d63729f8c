/**
 * Quantised blocks to float32, step by step as llama.cpp's reference (ggml-quants.c, `dequantize_row_*`) and Python's
 * `gguf` package do it, so that every bit is theirs.
 */
import type { QuantisedType } from '../types.ts';
import { widenFloat16 } from '../widen.ts';

/** A type of block. */
interface BlockType {
  /** Numbers of a block. */
  count: number;
  /** Bytes of a block. */
  bytes: number;
  /** Writes the numbers of the block that begins at `at`. */
  widen(source: DataView, at: number, target: Float32Array): void;
}

/** Quantised types, by llama.cpp's names; QK_K is 256. */
const blockTypes: Record<QuantisedType, BlockType> = {
  Q4_0: { count: 32, bytes: 18, widen: (b, at, out) => widenPlain(out, half(b, at), 8, undefined, nibble(b, at + 2)) },
  Q4_1: {
    count: 32,
    bytes: 20,
    widen: (b, at, out) => widenPlain(out, half(b, at), 0, half(b, at + 2), nibble(b, at + 4)),
  },
  Q5_0: {
    count: 32,
    bytes: 22,
    widen: (b, at, out) => widenPlain(out, half(b, at), 16, undefined, fiveBits(b, at + 2)),
  },
  Q5_1: {
    count: 32,
    bytes: 24,
    widen: (b, at, out) => widenPlain(out, half(b, at), 0, half(b, at + 2), fiveBits(b, at + 4)),
  },
  Q8_0: {
    count: 32,
    bytes: 34,
    widen: (b, at, out) => widenPlain(out, half(b, at), 0, undefined, (i) => b.getInt8(at + 2 + i)),
  },
  Q4_K: { count: 256, bytes: 144, widen: (b, at, out) => widenScaled(b, at, out, at + 16) },
  Q5_K: { count: 256, bytes: 176, widen: (b, at, out) => widenScaled(b, at, out, at + 48, at + 16) },
  Q6_K: { count: 256, bytes: 210, widen: widenQ6K },
};

export const quantisedTypes = Object.keys(blockTypes);

export function isQuantised(type: string): type is QuantisedType {
  return Object.hasOwn(blockTypes, type);
}

/** Bytes that `count` numbers take; NaN where they are no whole number of blocks. */
export function quantisedLength(type: QuantisedType, count: number): number {
  const blocks = count / blockTypes[type].count;
  return Number.isInteger(blocks) ? blocks * blockTypes[type].bytes : Number.NaN;
}

/** The numbers of blocks that lie one after the other, in `target`. */
export function dequantise(type: QuantisedType, bytes: Uint8Array, target: Float32Array): Float32Array {
  const { count, bytes: size, widen } = blockTypes[type];
  const source = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let block = 0; block * count < target.length; block++)
    widen(source, block * size, target.subarray(block * count, (block + 1) * count));
  return target;
}

let halves: Float32Array | undefined;

/** The binary16 at `at`. */
function half(source: DataView, at: number): number {
  if (!halves) {
    halves = new Float32Array(1 << 16);
    const all = Uint16Array.from(halves.keys());
    widenFloat16(all, new Uint32Array(halves.buffer));
  }
  return halves[source.getUint16(at, true)];
}

/** Number i of 32 that are 4 bits each: the low halves of 16 bytes, then the high ones. */
function nibble(source: DataView, at: number): (i: number) => number {
  return (i) => (source.getUint8(at + (i & 15)) >> (i < 16 ? 0 : 4)) & 15;
}

/** Number i of 32 that are 5 bits each: their fifth bits stand before the rest. */
function fiveBits(source: DataView, at: number): (i: number) => number {
  const low = nibble(source, at + 4);
  const high = source.getUint32(at, true);
  return (i) => low(i) | (((high >>> i) & 1) << 4);
}

/** scale·(q - zero) + least: exact but for the last step, which the array rounds. */
function widenPlain(
  target: Float32Array,
  scale: number,
  zero: number,
  least: number | undefined,
  quantum: (i: number) => number,
): void {
  for (let i = 0; i < target.length; i++) {
    const value = scale * (quantum(i) - zero);
    // To add 0 would be to lose the sign of a negative zero.
    target[i] = least === undefined ? value : value + least;
  }
}

const { fround } = Math;

/**
 * Q4_K and Q5_K: eight runs of 32 numbers, scale·q - least, whose scales and least values are 6 bits each of what the
 * block's two are multiplied by.
 * @param low Where the low 4 bits of the numbers are: of two runs side by side, the first in the lower halves.
 * @param high Where the fifth bits are, those of a run in one place of 32 bytes.
 */
function widenScaled(source: DataView, at: number, target: Float32Array, low: number, high?: number): void {
  const [scale, least] = [half(source, at), half(source, at + 2)];
  const packed = (i: number) => source.getUint8(at + 4 + i);
  for (let run = 0; run < 8; run++) {
    const six = (first: number, shift: number) =>
      run < 4 ? packed(first + run) & 63 : ((packed(4 + run) >> shift) & 15) | ((packed(first + run - 4) >> 2) & 48);
    const runScale = fround(scale * six(0, 0));
    const runLeast = fround(least * six(4, 4));
    for (let i = 0; i < 32; i++) {
      const bits = (source.getUint8(low + (run >> 1) * 32 + i) >> (run & 1 ? 4 : 0)) & 15;
      const fifth = high === undefined ? 0 : (source.getUint8(high + i) >> run) & 1;
      target[run * 32 + i] = fround(runScale * (bits | (fifth << 4))) - runLeast;
    }
  }
}

/** Sixteen runs of 16 numbers, scale·(q - 32), whose scales are 8 bits each of what the block's is multiplied by. */
function widenQ6K(source: DataView, at: number, target: Float32Array): void {
  const scale = half(source, at + 208);
  for (let run = 0; run < 16; run++) {
    const runScale = fround(scale * source.getInt8(at + 192 + run));
    for (let j = 0; j < 16; j++) {
      const i = run * 16 + j;
      // 128 numbers share 64 bytes of low and 32 of high bits.
      const [part, place] = [i >> 7, i & 127];
      const low = source.getUint8(at + part * 64 + (place & 63)) >> (place < 64 ? 0 : 4);
      const high = source.getUint8(at + 128 + part * 32 + (place & 31)) >> (2 * (place >> 5));
      target[i] = runScale * (((low & 15) | ((high & 3) << 4)) - 32);
    }
  }
}
