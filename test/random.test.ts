import { describe, expect, it } from 'vitest';
import { uniformStream } from '../src/random.ts';

describe('uniformStream', () => {
  it('depends on its parts alone', () => {
    const take = (...parts: (string | number)[]) => Array.from({ length: 3 }, uniformStream(...parts));
    expect(take(0, 'math_500', 1, 2)).toEqual(take(0, 'math_500', 1, 2));
    const others = [
      take(0, 'math_500', 1, 2),
      take(1, 'math_500', 1, 2),
      take(0, 'math_500', 12),
      take(0, 'aime24', 1, 2),
    ];
    expect(new Set(others.flat()).size).toBe(12);
    expect(take(0, 'math_500', 1, 2)).toMatchInlineSnapshot(`
      [
        0.42582435836084187,
        0.745725070592016,
        0.6427574185654521,
      ]
    `);
  });

  it('is uniform in [0, 1)', () => {
    const next = uniformStream('uniform');
    const counts = new Array(10).fill(0);
    for (let i = 0; i < 10_000; i++) counts[Math.floor(next() * 10)]++;
    expect(counts).toHaveLength(10);
    expect(counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)).toBeLessThan(27.88);
  });
});
