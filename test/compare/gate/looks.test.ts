import { describe, expect, test } from 'vitest';
import { parseGateConfig } from '../../../src/compare/gate/config.ts';
import { planLooks } from '../../../src/compare/gate/looks.ts';
import type { Verdict } from '../../../src/compare/gate/verdict.ts';
import { lookAt } from '../simulated_looks.ts';
import { type Simulation, simulate } from '../simulated_pairs.ts';

/** Of `count` comparisons, those with a verdict, and the mean share of the documents. */
function simulated(simulation: Simulation, count: number, settings: object) {
  const source = simulate(simulation, 'looks');
  const plan = planLooks(simulation.sizes);
  const config = parseGateConfig(settings, 'test');
  const outcomes = Array.from({ length: count }, () => lookAt(source.next().value!, config, plan));
  const counted = (verdict: Verdict) => outcomes.filter((each) => each.verdict === verdict).length;
  return {
    regression: counted('regression'),
    pass: counted('pass'),
    early: (verdict: Verdict) => outcomes.filter((each) => each.verdict === verdict && each.share < 1).length,
    share: outcomes.reduce((sum, { share }) => sum + share, 0) / count,
  };
}

/** How often what happens at most in `rate` of the cases may be seen in `count` of them: three standard errors more. */
function atMost(rate: number, count: number): number {
  return rate * count + 3 * Math.sqrt(rate * (1 - rate) * count);
}

describe('a gate that looks as it goes', () => {
  test('stops equal models no more often than alpha, over all its looks and benchmarks', () => {
    const { regression } = simulated({ sizes: [300, 300], flips: 0.2, drop: 0 }, 300, {
      margin: 0,
      overall: { margin: 0 },
    });
    expect(regression).toBeLessThanOrEqual(atMost(0.05, 300));
    expect(regression).toBeGreaterThan(0);
  });

  test('passes models that are worse by the margin no more often than alpha', () => {
    const { pass } = simulated({ sizes: [600], flips: 0.1, drop: 0.05 }, 300, { margin: 0.05 });
    expect(pass).toBeLessThanOrEqual(atMost(0.05, 300));
  });

  test('reaches each verdict before all documents are there', () => {
    expect(simulated({ sizes: [1000], flips: 0.2, drop: 0.1 }, 40, { margin: 0 }).share).toBeLessThan(1 / 3);
    expect(simulated({ sizes: [1000], flips: 0.05, drop: 0 }, 40, { margin: 0.05 }).early('pass')).toBeGreaterThan(30);
    // At a drop of the margin, hardly anything but all documents decides, and mostly they do not either.
    expect(
      simulated({ sizes: [1000], flips: 0.1, drop: 0.02 }, 60, { margin: 0.02 }).early('undecided'),
    ).toBeGreaterThan(5);
  });

  test('waits for documents that may still decide a floor', () => {
    const [pair] = simulate({ sizes: [1000], flips: 0.05, drop: 0 }, 'floor').next().value!;
    const accuracy = pair.second.value;
    const floor = (value: number) =>
      lookAt(
        [pair],
        parseGateConfig({ margin: null, benchmarks: { b0: { floor: value } } }, 'test'),
        planLooks([1000]),
      );
    const [far, near] = [floor(0.05), floor(accuracy - 0.01)];
    expect(far).toMatchObject({ verdict: 'pass' });
    expect(near).toMatchObject({ verdict: 'pass' });
    expect(far.share).toBeLessThan(near.share);
    expect(floor(0.99)).toMatchObject({ verdict: 'regression' });
  });

  test('looks only where every benchmark has documents enough', () => {
    expect(planLooks([40, 5000]).shares).toEqual([1]);
    expect(planLooks([10042]).shares).toHaveLength(13);
    expect(planLooks([1000, 160]).shares.map((share) => Math.round(share * 160))).toEqual([40, 57, 80, 113, 160]);
  });
});
