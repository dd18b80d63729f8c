import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { passAtK } from '../../src/metrics/pass_at_k.ts';

describe('passAtK', () => {
  it('is the share of all choices of k samples that hold a right one', () => {
    for (let n = 1; n <= 8; n++)
      for (let c = 0; c <= n; c++)
        for (let k = 1; k <= n; k++) expect(passAtK(n, c, k)).toBeCloseTo(counted(n, c, k), 12);
  });

  it('is the accuracy for k = 1', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.nat(), (n, some) => {
        const c = some % (n + 1);
        expect(passAtK(n, c, 1)).toBeCloseTo(c / n, 12);
      }),
    );
  });

  it('stays finite where binomials do not', () => {
    // exp(lgamma) of both binomials, in Python.
    expect(passAtK(100_000, 10, 50_000)).toBeCloseTo(0.99902387, 7);
    expect(passAtK(100_000, 0, 100_000)).toBe(0);
    expect(passAtK(100_000, 1, 100_000)).toBe(1);
  });

  it.each([
    [4, 1, 5],
    [4, 5, 1],
    [4, -1, 1],
    [0, 0, 1],
    [4, 1, 0],
    [4, Number.NaN, 1],
  ])('refuses %s samples, %s right, k = %s', (n, c, k) => {
    expect(() => passAtK(n, c, k)).toThrow(RangeError);
  });
});

/** By going through all subsets; the first c of n samples are right. */
function counted(n: number, c: number, k: number): number {
  let subsets = 0;
  let withRight = 0;
  for (let bits = 0; bits < 2 ** n; bits++) {
    if (bits.toString(2).replaceAll('0', '').length !== k) continue;
    subsets++;
    if (bits & (2 ** c - 1)) withRight++;
  }
  return withRight / subsets;
}
