import { describe, expect, test } from 'vitest';
import { normalCdf } from '../../../src/metrics/inference/distributions.ts';
import { GroupSequentialTest } from '../../../src/metrics/inference/group_sequential.ts';

const equalLooks = (count: number) => Array.from({ length: count }, (_, i) => (i + 1) / count);

describe('a group-sequential test', () => {
  // Two-sided 5%: Jennison and Turnbull, Group Sequential Methods (2000), tables 2.1 and 2.3.
  test.each([
    ['Pocock', 0.5, 2, 2.178],
    ['Pocock', 0.5, 5, 2.413],
    ['Pocock', 0.5, 10, 2.555],
    ["O'Brien and Fleming", 0, 2, 1.977],
    ["O'Brien and Fleming", 0, 5, 2.04],
    ["O'Brien and Fleming", 0, 10, 2.087],
  ])("has %s's published boundary (shape %d, %d looks)", (_, shape, looks, boundary) => {
    expect(new GroupSequentialTest(equalLooks(looks), shape).boundary(0.025)).toBeCloseTo(boundary, 3);
  });

  test('is the fixed test where there is one look', () => {
    const fixed = new GroupSequentialTest([1], 0.25);
    expect(fixed.pValue(fixed.statistic(0.031, 1))).toBeCloseTo(0.031, 3);
    expect(fixed.levelAt(1, 0.05)).toBeCloseTo(0.05, 6);
  });

  test('p-values, boundaries and levels belong together, and certainties have some', () => {
    const looks = new GroupSequentialTest([0.25, 0.5, 1], 0.25);
    expect(looks.pValue(looks.boundary(0.05))).toBeCloseTo(0.05, 3);
    const level = looks.levelAt(0.25, 0.05);
    expect(looks.statistic(level, 0.25)).toBeCloseTo(looks.boundary(0.05), 6);
    expect(level).toBeLessThan(looks.levelAt(1, 0.05));
    expect(looks.pValue(looks.statistic(0, 0.25))).toBeCloseTo(0, 12);
    expect(looks.pValue(looks.statistic(1, 0.25))).toBe(1);
  });

  test('predicts its last look from what is there', () => {
    const looks = new GroupSequentialTest([0.5, 1], 0.25);
    // z = 1 at half of the data: 1.414 is expected at the end, with a variance of 1.
    expect(looks.chance(normalCdf(-1), 0.5, 0.05)).toBeCloseTo(normalCdf(Math.SQRT2 - looks.boundary(0.05)), 6);
  });
});
