/** Weights of every type, row by row and with strides, on every backend. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { span, strided } from '../../src/checkpoint/tensors/derived.ts';
import { readTensor } from '../../src/checkpoint/tensors/read.ts';
import { type StoredDtype, type StoredTensor, storedDtypes, type TensorInfo } from '../../src/checkpoint/types.ts';
import type { Ops, TreeBatch } from '../../src/model/ops.ts';
import { temporaryFolder } from '../model/tiny_checkpoint.ts';
import { testDevices, testOptions } from './devices.ts';

const bytes: Record<StoredDtype, number> = {
  ...{ F64: 8, F32: 4, F16: 2, BF16: 2 },
  ...{ F8_E4M3: 1, F8_E5M2: 1, F8_E8M0: 1, F8_E4M3FNUZ: 1, F8_E5M2FNUZ: 1 },
};

/** 60 numbers between -2 and 2, each of them one of the type's own. */
function someNumbers(dtype: StoredDtype): Buffer {
  const values = Array.from({ length: 60 }, (_, i) => ((i * 37) % 61) / 16 - 2);
  if (dtype === 'F64') return Buffer.from(Float64Array.from(values).buffer);
  if (dtype === 'F32') return Buffer.from(Float32Array.from(values).buffer);
  const upper = Uint32Array.from(new Uint32Array(Float32Array.from(values).buffer), (word) => word >>> 16);
  if (dtype === 'BF16') return Buffer.from(Uint16Array.from(upper).buffer);
  if (dtype === 'F16')
    return Buffer.from(Uint16Array.from({ length: 60 }, (_, i) => 0x3000 + 97 * i + (i % 2) * 0x8000).buffer);
  if (dtype === 'F8_E8M0') return Buffer.from(Uint8Array.from({ length: 60 }, (_, i) => 120 + (i % 9)));
  return Buffer.from(Uint8Array.from({ length: 60 }, (_, i) => (i % 2) * 0x80 + 0x20 + (i % 31)));
}

function write(dtype: StoredDtype, shape: number[], first = 0): StoredTensor {
  const file = join(temporaryFolder(), 'weights');
  // Unaligned, as in safetensors files.
  writeFileSync(file, Buffer.concat([Buffer.alloc(3), someNumbers(dtype)]));
  const length = shape.reduce((a, b) => a * b, 1) * bytes[dtype];
  return { dtype, shape, file, offset: 3 + first * bytes[dtype], length };
}

/** [R, C] as the logits of R tokens, of which the last column is the target, and the logits themselves. */
async function load(info: TensorInfo, on: (typeof testDevices)[number], rows?: number[]): Promise<number[]> {
  const count = rows?.length ?? info.shape[0];
  const build = <T>(ops: Ops<T>) => {
    const weight = ops.parameter('w', info.shape, { rows });
    return ({ headRows, targetRows, targets }: TreeBatch<T>) =>
      ops.tokenScores(ops.gather(weight, headRows), targetRows, targets);
  };
  const model = await on.backend.load(new Map([['w', info]]), build, testOptions(on));
  const width = info.shape[1];
  const cells = Array.from({ length: count * width }, (_, i) => i);
  const outputs = await model.run({
    rows: 1,
    columns: 4,
    ids: new Int32Array(4),
    positions: new Int32Array(4),
    ends: Int32Array.of(1, 2, 3, 4),
    headRows: Int32Array.from({ length: count }, (_, i) => i),
    targetRows: Int32Array.from(cells, (i) => Math.floor(i / width)),
    targets: Int32Array.from(cells, (i) => i % width),
  });
  await model.close();
  return [...outputs.centred];
}

/** Each row less its largest number: what the model above gives. */
function centred(values: Float32Array, width: number): number[] {
  return [...values].map((value, i) => {
    const start = i - (i % width);
    return Math.fround(value - Math.max(...values.subarray(start, start + width)));
  });
}

describe.each(testDevices)('$backend.name on $device', (on) => {
  test.each(storedDtypes)('reads %s', async (dtype) => {
    const info = write(dtype, [5, 12]);
    const values = await readTensor(info);
    expect(new Set(values).size).toBeGreaterThan(8);
    expect(await load(info, on)).toEqual(centred(values, 12));
  });

  test.each<[string, number[], number[], number]>([
    ['transposed', [12, 5], [1, 12], 0],
    ['of some columns', [5, 4], [12, 1], 3],
    ['of every other row and third column', [3, 4], [24, 3], 1],
    ['expanded', [6, 10], [0, 1], 7],
    ['overlapping', [8, 5], [3, 1], 2],
  ])('reads a view %s', async (_, shape, strides, first) => {
    const info = strided(write('F32', [span(shape, strides)], first), shape, strides);
    const whole = new Float32Array(new Uint8Array(someNumbers('F32')).buffer);
    const cells = shape[0] * shape[1];
    const at = (i: number) => first + Math.floor(i / shape[1]) * strides[0] + (i % shape[1]) * strides[1];
    const expected = Float32Array.from({ length: cells }, (_, i) => whole[at(i)]);
    expect(await readTensor(info)).toEqual(expected);
    expect(await load(info, on)).toEqual(centred(expected, shape[1]));
    expect(await load(info, on, [2, 0])).toEqual(
      centred(Float32Array.of(...expected.slice(2 * shape[1], 3 * shape[1]), ...expected.slice(0, shape[1])), shape[1]),
    );
  });
});
