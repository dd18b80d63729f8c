/** Higher-Order Attention in every architecture, against the recursion written out (test/python/hon_architectures.py). */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { score } from '../../src/backend/backend.ts';
import { reference } from '../../src/backend/reference/index.ts';
import { openCheckpoint } from '../../src/checkpoint/open.ts';
import type { TensorInfo } from '../../src/checkpoint/types.ts';
import type { JsonObject } from '../../src/json.ts';
import type { HonSetting } from '../../src/model/hon.ts';
import { buildModel, describeModel } from '../../src/model/index.ts';
import { type Role, roles } from '../../src/model/roles.ts';
import { parameterShapes } from '../../src/model/trace.ts';
import { fastDevices, testOptions } from '../backend/devices.ts';
import { scoreTokens, tokenModel } from '../harness/score/score_tokens.ts';

const fixtures = new URL('../fixtures/', import.meta.url).pathname;
const json = (path: string) => JSON.parse(readFileSync(`${fixtures}${path}`, 'utf8'));
const expected: { model: string; hon: HonSetting; logLikelihoods: number[] }[] = json('hon_architectures.json');

const backends = [
  ...fastDevices.map((on) => ({ ...on, tolerance: 1e-4 })),
  { backend: reference, device: 'cpu', tolerance: 2e-5 },
] as const;

/** Inner projections of `separate`: those of the next layer for q, of the one behind that for k, and so on down. */
function addInner(tensors: Map<string, TensorInfo>, config: JsonObject): void {
  const { layers } = describeModel(config);
  for (const name of parameterShapes(config).keys()) {
    const path = [...name.matchAll(/\.hon\.([qkv])/g)].map(([, role]) => roles.indexOf(role as Role) + 1);
    const steps = path.reduce((a, b) => a + b, 0);
    const source = name
      .replace(/\.hon\.[qkv]/g, '')
      .replace(/\.(\d+)\./, (_, layer) => `.${(Number(layer) + steps) % layers}.`);
    if (path.length > 0) tensors.set(name, tensors.get(source)!);
  }
}

describe.each(expected)('$model: $hon.inner, order $hon.order', ({ model: name, hon, logLikelihoods }) => {
  const requests: { context: number[]; continuation: number[] }[] = json(`model/${name}/expected.json`);

  test.each(backends)('$backend.name on $device is within $tolerance of it', async (on) => {
    const { config: base, tensors } = await openCheckpoint(`${fixtures}model/${name}`);
    const config = { ...base, hon: { ...hon } };
    addInner(tensors, config);
    const { contextLength: maxLength, vocabularySize, long } = describeModel(config);
    const model = await on.backend.load(tensors, (ops) => buildModel(ops, config).score, testOptions(on));
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
        expect(Math.abs(scores[d][r].logLikelihood - logLikelihoods[i])).toBeLessThan(on.tolerance);
  });

  test('has other figures than the standard model', () => {
    const standard: { float64: number }[] = json(`model/${name}/expected.json`);
    expect(Math.max(...standard.map(({ float64 }, i) => Math.abs(float64 - logLikelihoods[i])))).toBeGreaterThan(0.1);
  });
});
