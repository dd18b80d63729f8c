import { expect, test } from 'vitest';
import { bootstrapError } from '../../src/metrics/bootstrap_error.ts';

test("the error of a perplexity is lm-evaluation-harness's, to the last digits", () => {
  const values = Float64Array.from({ length: 20 }, (_, i) => -((i * 7919) % 997) / 200);
  const perplexity = (drawn: Int32Array) =>
    Math.exp(-drawn.reduce((sum, index) => sum + values[index], 0) / values.length);
  // `bootstrap_stderr(perplexity, values, 100000)` of 0.4.13.
  expect(bootstrapError(values.length, perplexity)).toBeCloseTo(4.79446388258411, 12);
  expect(bootstrapError(1, perplexity)).toBeNull();
});
