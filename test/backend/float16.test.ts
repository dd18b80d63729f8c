/**
 * The graph in float16, on a CPU: ONNX Runtime computes in float16 where its CPU provider has kernels for that and
 * widens for the others, so every type of the graph is checked, and the numbers as far as they are rounded.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { score } from '../../src/backend/backend.ts';
import { onnx } from '../../src/backend/onnx/index.ts';
import { openCheckpoint } from '../../src/checkpoint/open.ts';
import type { EncodedRequest } from '../../src/harness/tree/request.ts';
import { buildModel, describeModel } from '../../src/model/index.ts';
import { scoreTokens, tokenModel } from '../harness/score/score_tokens.ts';

const folder = new URL('../fixtures/model/', import.meta.url).pathname;

/** Largest difference from float32 a token of the continuation; float16 has 11 bits, and these weights are large. */
const tolerance = 0.02;

/** PyTorch's figure in float32. */
type Expected = EncodedRequest & { logLikelihood: number };

/** For each request, by how much float16 is off a token. */
async function differences(name: string): Promise<number[]> {
  const expected: Expected[] = JSON.parse(readFileSync(`${folder}${name}/expected.json`, 'utf8'));
  const { config, tensors } = await openCheckpoint(`${folder}${name}`);
  const { contextLength, vocabularySize, long } = describeModel(config);
  const options = { device: 'cpu', dtype: 'float16', threads: 1 } as const;
  const model = await onnx.load(tensors, (ops) => buildModel(ops, config).score, options);
  const documents = [...Map.groupBy(expected, ({ context }) => String(context)).values()];
  const sizes = { maxLength: contextLength, vocabularySize, long, batchTokens: 512 };
  const { scores } = await scoreTokens(
    documents,
    tokenModel((batch) => score(model, batch), sizes),
  );
  await model.close();
  const off = scores.flat().map(({ logLikelihood, tokens }, i) => {
    return Math.abs(logLikelihood - documents.flat()[i].logLikelihood) / tokens;
  });
  expect(off).toHaveLength(expected.length);
  return off;
}

test.each(readdirSync(folder))('%s is within 0.02 a token of float32', async (name) => {
  const largest = Math.max(...(await differences(name)));
  expect(largest).toBeLessThan(tolerance);
  // Float32 would be nearer than this.
  expect(largest).toBeGreaterThan(2e-4);
});
