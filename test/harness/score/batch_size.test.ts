import { describe, expect, test } from 'vitest';
import type { Dtype } from '../../../src/backend/backend.ts';
import { automaticBatchTokens } from '../../../src/harness/score/batch_size.ts';
import { tinyConfig } from '../../model/tiny_checkpoint.ts';

const gib = 2 ** 30;

function tokens(kind: 'cpu' | 'gpu', vocab_size: number, freeMemory?: number, dtype: Dtype = 'float32'): number {
  return automaticBatchTokens({ kind, dtype, freeMemory }, { ...tinyConfig, vocab_size });
}

describe('automaticBatchTokens', () => {
  test('is the same on every CPU', () => {
    expect(tokens('cpu', 50304)).toBe(1024);
  });

  test('grows with the memory of a GPU, up to a bound, and is cautious where that is not known', () => {
    expect(tokens('gpu', 50304, gib / 2)).toBe(1024);
    expect(tokens('gpu', 50304, 8 * gib)).toBeGreaterThan(tokens('gpu', 50304, 4 * gib));
    expect(tokens('gpu', 50304, 130 * gib)).toBe(32768);
    expect(tokens('gpu', 50304)).toBe(tokens('gpu', 50304, 4 * gib));
  });

  test('is larger in half precision, though not twice as large, as the softmax is in float32', () => {
    const [wide, half] = [tokens('gpu', 50304, 8 * gib), tokens('gpu', 50304, 8 * gib, 'bfloat16')];
    expect(half).toBeLessThan(1.5 * wide);
    // Where the vocabulary is small, all but the logits counts.
    expect(tokens('gpu', 64, gib / 64, 'bfloat16')).toBeGreaterThan(1.5 * tokens('gpu', 64, gib / 64));
  });

  test('keeps the logits below 2^31 numbers', () => {
    expect(tokens('gpu', 151936, 130 * gib) * 151936).toBeLessThan(2 ** 31);
    expect(tokens('gpu', 151936, 130 * gib)).toBeGreaterThan(14000);
  });
});
