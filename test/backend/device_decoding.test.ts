/** Continuations whose caches stay on the device: the CPU's, token for token, and few bytes for each. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { LoadedDecoder } from '../../src/backend/backend.ts';
import { onnx } from '../../src/backend/onnx/index.ts';
import { Sequences } from '../../src/backend/sequences.ts';
import { openCheckpoint } from '../../src/checkpoint/open.ts';
import { generate } from '../../src/harness/generate/generate.ts';
import type { GenerationSettings, SamplingSettings } from '../../src/harness/record/generation.ts';
import type { ModelConfig } from '../../src/model/architecture.ts';
import { buildModel, describeModel } from '../../src/model/index.ts';
import { uniformStream } from '../../src/random.ts';
import { cachedModel } from '../harness/generate/generating_model.ts';
import { type TestDevice, testDevices, testOptions } from './devices.ts';

const fixtures = new URL('../fixtures/', import.meta.url).pathname;
const greedyTexts: Record<string, { prompt: number[]; tokens: number[] }[]> = JSON.parse(
  readFileSync(`${fixtures}generation.json`, 'utf8'),
);
const samplings: { settings: SamplingSettings }[] = JSON.parse(readFileSync(`${fixtures}sampling.json`, 'utf8'));
const settings = [
  ...new Map(samplings.map((sampling) => [JSON.stringify(sampling.settings), sampling.settings])).values(),
];

async function open(name: string, on: TestDevice) {
  const { config, tensors } = await openCheckpoint(`${fixtures}model/${name}`);
  const decoder = await on.backend.loadDecoder(tensors, (ops) => buildModel(ops, config).next, testOptions(on));
  return { decoder, sizes: describeModel(config) };
}

/** Two samples of each prompt, of which some end early, so that others take their places. */
async function sampled(decoder: LoadedDecoder, sizes: ModelConfig, prompts: number[][], sampling: SamplingSettings) {
  const requests = prompts.map((prompt, i) => ({ i, prompt, streams: [uniformStream(i, 0), uniformStream(i, 1)] }));
  const texts: string[] = [];
  const wanted: GenerationSettings = { ...sampling, maxNewTokens: 5, stop: [], eos: [1, 2, 3], batchSize: 3 };
  await generate(requests, cachedModel(decoder, sizes), wanted, ({ i }, sample, { tokens }) => {
    texts.push(`${i}.${sample}: ${tokens}`);
  });
  return texts.sort();
}

const devices = testDevices.filter(({ device }) => device === 'webgpu' || device === 'wasm' || device === 'node');

// A driver in software compiles each shader anew for the decoder and the graphs beside it.
describe.each(devices)('$backend.name on $device', { timeout: 300_000 }, (on) => {
  test.each(['hon-qk', 'qwen2-gqa-bf16'])("%s: greedy continuations are transformers' own", async (name) => {
    const {
      decoder,
      sizes: { vocabularySize },
    } = await open(name, on);
    const sequences = new Sequences(decoder);
    const texts: number[][] = [];
    const expected = greedyTexts[name].slice(0, 2);
    for (const [place, { prompt }] of expected.entries()) {
      texts.push([mostProbable(await sequences.read(prompt))]);
      sequences.put(place);
    }
    const bytes: number[] = [];
    for (let step = 1; step < 10; step++) {
      const before = decoder.transferred!();
      const logits = await sequences.step(texts.map((tokens) => tokens.at(-1)!));
      bytes.push(decoder.transferred!() - before);
      for (const [i, tokens] of texts.entries())
        tokens.push(mostProbable(logits.subarray(i * vocabularySize, (i + 1) * vocabularySize)));
    }
    expect(texts).toEqual(expected.map(({ tokens }) => tokens.slice(0, 10)));
    // Logits, and a few numbers a row; what is remembered is not among them, and it does not grow.
    expect(Math.max(...bytes)).toBeLessThan(texts.length * (4 * vocabularySize + 64) + 64);
    expect(bytes.at(-1)).toBe(bytes[1]);
    await decoder.close();
  });

  test('sampled continuations are those of the CPU', async () => {
    const [there, here] = [await open('standard', on), await open('standard', { backend: onnx, device: 'cpu' })];
    const prompts = greedyTexts.standard.slice(0, 2).map(({ prompt }) => prompt);
    expect(settings.length).toBeGreaterThan(2);
    for (const sampling of settings) {
      const expected = await sampled(here.decoder, here.sizes, prompts, sampling);
      expect(new Set(expected).size).toBe(2 * prompts.length);
      expect(await sampled(there.decoder, there.sizes, prompts, sampling)).toEqual(expected);
    }
    await Promise.all([there.decoder.close(), here.decoder.close()]);
  });
});

test.skipIf(devices.some(({ device }) => device === 'webgpu'))(
  'WebGPU has no Vulkan driver here: install chromium and libvulkan1, or one of a GPU',
  () => {},
);

function mostProbable(logits: Float32Array): number {
  return logits.reduce((best, value, token) => (value > logits[best] ? token : best), 0);
}
