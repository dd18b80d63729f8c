/** Higher-Order Attention in every architecture, against the recursion written out (test/python/hon_architectures.py). */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { score } from '../../src/backend/backend.ts';
import { onnx } from '../../src/backend/onnx/index.ts';
import { reference } from '../../src/backend/reference/index.ts';
import { openCheckpoint } from '../../src/checkpoint/open.ts';
import type { JsonObject } from '../../src/json.ts';
import { buildModel, describeModel } from '../../src/model/index.ts';
import { scoreTokens, tokenModel } from '../harness/score/score_tokens.ts';

const fixtures = new URL('../fixtures/', import.meta.url).pathname;
const json = (path: string) => JSON.parse(readFileSync(`${fixtures}${path}`, 'utf8'));
const expected: Record<string, { hon: JsonObject; logLikelihoods: number[] }> = json('hon_architectures.json');

const backends = [
  { backend: onnx, dtype: 'float32', tolerance: 1e-4 },
  { backend: reference, dtype: 'float64', tolerance: 2e-5 },
] as const;

describe.each(Object.entries(expected))('%s', (name, { hon, logLikelihoods }) => {
  const requests: { context: number[]; continuation: number[] }[] = json(`model/${name}/expected.json`);

  test.each(backends)('$backend.name is within $tolerance of it', async ({ backend, dtype, tolerance }) => {
    const { config: base, tensors } = await openCheckpoint(`${fixtures}model/${name}`);
    const config = { ...base, hon };
    const { contextLength: maxLength, vocabularySize, long } = describeModel(config);
    const options = { device: 'cpu', dtype, threads: 1 };
    const model = await backend.load(tensors, (ops) => buildModel(ops, config).score, options);
    const sizes = { maxLength, vocabularySize, long, batchTokens: 512 };
    // Requests of the same context as one document, so that they share a tree.
    const documents = [...Map.groupBy(requests.keys(), (i) => String(requests[i].context)).values()];
    const { scores } = await scoreTokens(
      documents.map((list) => list.map((i) => requests[i])),
      tokenModel((batch) => score(model, batch), sizes),
    );
    await model.close();
    for (const [d, list] of documents.entries())
      for (const [r, i] of list.entries())
        expect(Math.abs(scores[d][r].logLikelihood - logLikelihoods[i])).toBeLessThan(tolerance);
  });

  test('has other figures than the standard model', () => {
    const standard: { float64: number }[] = json(`model/${name}/expected.json`);
    expect(Math.max(...standard.map(({ float64 }, i) => Math.abs(float64 - logLikelihoods[i])))).toBeGreaterThan(0.1);
  });
});
