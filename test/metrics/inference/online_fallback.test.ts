import { describe, expect, test } from 'vitest';
import { normalCdf, normalQuantile } from '../../../src/metrics/inference/distributions.ts';
import { onlineFallback } from '../../../src/metrics/inference/online_fallback.ts';
import { uniformStream } from '../../../src/random.ts';

describe('online fallback', () => {
  test('a rejection hands its level on to the next look, and no further', () => {
    // Levels at alpha .12: .06; .02 + .06; .01; .006 + .01; …
    expect(onlineFallback([0.06, 0.08, 0.0901], 0.12)).toEqual([true, true, false]);
    expect(onlineFallback([0.06, 0.0801, 0.01, 0.016], 0.12)).toEqual([true, false, true, true]);
    expect(onlineFallback([0.061, 0.0201, 0.0101, 0.006], 0.12)).toEqual([false, false, false, true]);
  });

  test.each([0, 0.5, 0.95])('false alarms in 40 looks that correlate by %d stay below alpha', (correlation) => {
    const random = uniformStream('online fallback');
    const gauss = () => normalQuantile(random());
    let alarms = 0;
    const trials = 4000;
    for (let trial = 0; trial < trials; trial++) {
      let z = gauss();
      const pValues = Array.from({ length: 40 }, () => {
        z = correlation * z + Math.sqrt(1 - correlation ** 2) * gauss();
        return 2 * normalCdf(-Math.abs(z));
      });
      if (onlineFallback(pValues, 0.05).includes(true)) alarms++;
    }
    expect(alarms / trials).toBeLessThan(0.05 + 3 * Math.sqrt((0.05 * 0.95) / trials));
    expect(alarms).toBeGreaterThan(0);
  });
});
