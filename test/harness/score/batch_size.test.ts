import { describe, expect, test } from 'vitest';
import { automaticBatchTokens } from '../../../src/harness/score/batch_size.ts';
import { describeModel } from '../../../src/model/index.ts';
import { tinyConfig } from '../../model/tiny_checkpoint.ts';

const gib = 2 ** 30;

function tokens(kind: 'cpu' | 'gpu', vocab_size: number, freeMemory?: number): number {
  return automaticBatchTokens(kind, describeModel({ ...tinyConfig, vocab_size }), freeMemory);
}

describe('automaticBatchTokens', () => {
  test('is the same on every CPU', () => {
    expect(tokens('cpu', 50304)).toBe(1024);
  });

  test('grows with the memory of a GPU, up to a bound, and is cautious where that is not known', () => {
    expect(tokens('gpu', 50304, 1 * gib)).toBe(1024);
    expect(tokens('gpu', 50304, 8 * gib)).toBeGreaterThan(tokens('gpu', 50304, 4 * gib));
    expect(tokens('gpu', 50304, 130 * gib)).toBe(32768);
    expect(tokens('gpu', 50304)).toBe(tokens('gpu', 50304, 4 * gib));
  });

  test('keeps the logits below 2^31 numbers', () => {
    expect(tokens('gpu', 151936, 130 * gib) * 151936).toBeLessThan(2 ** 31);
    expect(tokens('gpu', 151936, 130 * gib)).toBeGreaterThan(14000);
  });
});
