/** Small checkpoints of every setting, against the figures that `modeling_hon.py` gives (test/python/fixtures.py). */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { score } from '../../src/backend/backend.ts';
import { reference } from '../../src/backend/reference/index.ts';
import { openCheckpoint } from '../../src/checkpoint/open.ts';
import type { EncodedRequest } from '../../src/harness/tree/request.ts';
import { buildModel, describeModel } from '../../src/model/index.ts';
import { covering } from '../backend/covering.ts';
import { type TestDevice, testDevices, testOptions } from '../backend/devices.ts';
import { scoreTokens, tokenModel } from '../harness/score/score_tokens.ts';

const folder = new URL('../fixtures/model/', import.meta.url).pathname;

/** In float32 with the softmax in float64; `float64` is the same model in float64 throughout. */
interface Expected extends EncodedRequest {
  logLikelihood: number;
  float64: number;
  greedy: boolean;
}

const backends = [
  ...testDevices.map((on) => ({ ...on, figure: 'logLikelihood', tolerance: 1e-4 }) as const),
  // Rotary angles stay float32 in the reference, as everywhere.
  { backend: reference, device: 'cpu', figure: 'float64', tolerance: 2e-5 },
] as const;

const names = readdirSync(folder).sort();
/** All would take too long in plain JavaScript; so would they on a GPU in software, which compiles each model's shaders. */
const few = {
  js: ['standard', 'hon-qkv-self-order3', 'qwen2-gqa-bf16'],
  emulated: await covering(folder, names, 'joints'),
};

function isTried({ device, emulated }: Partial<TestDevice>, name: string): boolean {
  if (device === 'js') return few.js.includes(name);
  return !emulated || few.emulated.includes(name);
}

test('few models have every operation that any has, beside every one that it is beside in any', () => {
  expect(few.emulated.length).toBeGreaterThan(3);
  expect(few.emulated.length).toBeLessThan(names.length / 4);
});

describe.each(names)('%s', (name) => {
  const expected: Expected[] = JSON.parse(readFileSync(`${folder}${name}/expected.json`, 'utf8'));

  test.each(backends.filter((on) => isTried(on, name)))(
    '$backend.name on $device agrees with PyTorch within $tolerance',
    async (on) => {
      const checkpoint = await openCheckpoint(`${folder}${name}`);
      const { config, tensors } = checkpoint;
      const { contextLength, vocabularySize, long } = describeModel(config);
      const { backend, figure, tolerance } = on;
      const model = await backend.load(tensors, (ops) => buildModel(ops, config).score, testOptions(on));
      // Requests of the same context as one document, so that they share a tree.
      const documents = [...Map.groupBy(expected, ({ context }) => String(context)).values()];
      const sizes = { maxLength: contextLength, vocabularySize, long, batchTokens: 512 };
      const { scores } = await scoreTokens(
        documents,
        tokenModel((batch) => score(model, batch), sizes),
      );
      await model.close();
      for (const [d, requests] of documents.entries())
        for (const [r, request] of requests.entries()) {
          expect(Math.abs(scores[d][r].logLikelihood - request[figure])).toBeLessThan(tolerance);
          expect(scores[d][r].greedy).toBe(request.greedy);
        }
      expect(expected.some((request) => request.greedy)).toBe(true);
    },
  );
});
