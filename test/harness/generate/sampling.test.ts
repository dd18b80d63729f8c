import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { candidates, sampleToken } from '../../../src/harness/generate/sampling.ts';
import type { SamplingSettings } from '../../../src/harness/record/generation.ts';
import { uniformStream } from '../../../src/random.ts';

const plain = { temperature: 1, topP: 1, topK: 0 };

interface Case {
  logits: 'made_logits' | 'ties';
  seed: number;
  size: number;
  settings: typeof plain;
  kept: [logit: number, probability: number][];
}
// Written by test/python/sampling.py.
const cases: Case[] = JSON.parse(readFileSync(new URL('../../fixtures/sampling.json', import.meta.url), 'utf8'));

function madeLogits(seed: number, size: number): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => (((i * 7919 + seed * 104729) % 257) - 128) / 16);
}

function ties(seed: number, size: number): Float32Array {
  return madeLogits(seed, size)
    .map((logit) => logit - 10)
    .fill(4, 3, 13);
}

/** One a token, 0 for those that are cut off. */
function weightsOf(logits: Float32Array, settings: SamplingSettings): number[] {
  const { ids, weights } = candidates(logits, settings, Math.max(...logits));
  const all = new Array(logits.length).fill(0);
  for (const [i, id] of ids.entries()) all[id] = weights[i];
  return all;
}

describe('what is left to draw from', () => {
  it.each(cases)(
    'is what transformers leaves of $logits, $settings',
    ({ logits: name, seed, size, settings, kept }) => {
      const logits = name === 'ties' ? ties(seed, size) : madeLogits(seed, size);
      const weights = weightsOf(logits, settings);
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const left = [...weights.entries()].filter(([, weight]) => weight > 0).sort(([, a], [, b]) => b - a);
      expect(left.map(([id]) => logits[id])).toEqual(kept.map(([logit]) => logit));
      for (const [i, [, weight]] of left.entries()) expect(weight / total).toBeCloseTo(kept[i][1], 6);
    },
  );

  it('has the lower ids of tokens that are equally probable', () => {
    const weights = weightsOf(new Float32Array(10), { ...plain, topP: 0.25 });
    expect(weights).toEqual([1, 1, 1, 0, 0, 0, 0, 0, 0, 0]);
  });
});

describe('sampleToken', () => {
  it('draws every token as often as it is probable', () => {
    const logits = Float32Array.from([0.5, -1, 2, 0, 1, -Infinity, 1.5]);
    const settings = { temperature: 0.8, topP: 0.97, topK: 5 };
    const weights = weightsOf(logits, settings);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const draws = 20_000;
    const uniform = uniformStream('draws', 1);
    const counts = new Array(logits.length).fill(0);
    for (let i = 0; i < draws; i++) counts[sampleToken(logits, settings, uniform())]++;
    const expected = weights.map((weight) => (draws * weight) / total);
    expect(counts.filter((count, id) => count > 0 && expected[id] === 0)).toEqual([]);
    const chiSquare = expected.reduce((sum, mean, id) => sum + (mean > 0 ? (counts[id] - mean) ** 2 / mean : 0), 0);
    // The 99.9 % quantile of the distribution with 4 degrees of freedom.
    expect(expected.filter((mean) => mean > 0)).toHaveLength(5);
    expect(chiSquare).toBeLessThan(18.47);
  });

  it('goes through the tokens from the lowest id to the highest as the uniform number grows', () => {
    const logits = Float32Array.from([0, 0, 0, 0]);
    expect([0, 0.24, 0.26, 0.5, 0.99, 1 - 2 ** -32].map((u) => sampleToken(logits, plain, u))).toEqual([
      0, 0, 1, 2, 3, 3,
    ]);
  });

  it('takes the most probable token at temperature 0, and the first of several', () => {
    const greedy = { ...plain, temperature: 0 };
    expect(sampleToken(Float32Array.from([1, 3, 2, 3]), greedy, 0.99)).toBe(1);
    expect(sampleToken(Float32Array.from([1, 3, 2, 3]), { ...plain, temperature: 1e-300 }, 0.1)).toBe(1);
    expect(sampleToken(Float32Array.from([1, 3, 2, 3]), { ...plain, topK: 1, topP: 1e-9 }, 0.9)).toBe(1);
  });

  it.each([
    ['NaN', [0, Number.NaN, 1]],
    ['NaN', [Number.NaN, Number.NaN]],
    ['Infinity', [0, Infinity]],
    ['-Infinity', [-Infinity, -Infinity]],
  ])('refuses logits of which the largest is %s', (largest, logits) => {
    for (const temperature of [0, 1])
      expect(() => sampleToken(Float32Array.from(logits), { ...plain, temperature }, 0.5)).toThrow(
        expect.objectContaining({ kind: 'numeric', message: expect.stringContaining(`got ${largest};`) }),
      );
  });
});
