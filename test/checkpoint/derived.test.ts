import { describe, expect, it } from 'vitest';
import { rowsOf, shifted, transposed } from '../../src/checkpoint/tensors/derived.ts';
import { readTensor } from '../../src/checkpoint/tensors/read.ts';
import { temporaryFolder, writeSafetensors } from '../model/tiny_checkpoint.ts';

describe('a tensor computed from another', () => {
  const table = () => {
    const values = Float32Array.of(1, 2, 3, 4, 5, 6);
    return writeSafetensors(temporaryFolder(), { table: { shape: [3, 2], values } }).get('table')!;
  };

  it('has its rows in another order', async () => {
    const rows = rowsOf(table(), [2, 0, 0, 1]);
    expect(rows).toMatchObject({ shape: [4, 2], dtype: 'F32' });
    expect([...(await readTensor(rows))]).toEqual([5, 6, 1, 2, 1, 2, 3, 4]);
  });

  it('is its transpose', async () => {
    const turned = transposed(table());
    expect(turned.shape).toEqual([2, 3]);
    expect([...(await readTensor(turned))]).toEqual([1, 3, 5, 2, 4, 6]);
    expect([...(await readTensor(rowsOf(turned, [1])))]).toEqual([2, 4, 6]);
  });

  it('has a number added, in float32', async () => {
    expect([...(await readTensor(shifted(table(), -0.1)))]).toEqual(
      [1, 2, 3, 4, 5, 6].map((x) => Math.fround(x - 0.1)),
    );
  });

  it('is a plain value', () => {
    const info = shifted(rowsOf(table(), [0]), 1);
    expect(structuredClone(info)).toEqual(info);
  });
});
