import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { score } from '../../../src/backend/backend.ts';
import { openCheckpoint } from '../../../src/checkpoint/open.ts';
import { type GeneratingModel, generate } from '../../../src/harness/generate/generate.ts';
import type { GeneratedText, GenerationSettings } from '../../../src/harness/record/generation.ts';
import type { JsonObject } from '../../../src/json.ts';
import type { HonSetting } from '../../../src/model/hon.ts';
import { buildModel, describeModel } from '../../../src/model/index.ts';
import { uniformStream } from '../../../src/random.ts';
import { fastDevices, type TestDevice, testOptions } from '../../backend/devices.ts';
import { randomWeights, temporaryFolder, tinyConfig, writeSafetensors } from '../../model/tiny_checkpoint.ts';
import { scoreTokens, tokenModel } from '../score/score_tokens.ts';
import { cachedModel, decode, recomputingModel } from './generating_model.ts';

const fixtures = new URL('../../fixtures/', import.meta.url).pathname;
const greedyTexts: Record<string, { prompt: number[]; tokens: number[] }[]> = JSON.parse(
  readFileSync(`${fixtures}generation.json`, 'utf8'),
);
/** 200 tokens each of the standard checkpoints, with settings that give them a window for so many. */
const longTexts: Record<string, { change: JsonObject; prompt: number[]; tokens: number[] }> = JSON.parse(
  readFileSync(`${fixtures}long_generation.json`, 'utf8'),
);
const greedy: GenerationSettings = { temperature: 0, topP: 1, topK: 0, maxNewTokens: 32, stop: [], eos: [] };
const sampled: GenerationSettings = { ...greedy, temperature: 1.5, topP: 0.9, maxNewTokens: 16 };

async function open(name: string, on: TestDevice, change: JsonObject = {}) {
  const checkpoint = await openCheckpoint(`${fixtures}model/${name}`);
  const config = { ...checkpoint.config, ...change };
  const sizes = describeModel(config);
  const { tensors } = checkpoint;
  const decoder = await on.backend.loadDecoder(tensors, (ops) => buildModel(ops, config).next, testOptions(on));
  return { config, tensors, sizes, decoder };
}

/** Every text by its request and sample. */
async function write(
  prompts: number[][],
  samples: number,
  model: GeneratingModel,
  settings: GenerationSettings,
): Promise<GeneratedText[][]> {
  const requests = prompts.map((prompt, i) => ({
    index: i,
    prompt,
    streams: Array.from({ length: samples }, (_, sample) => uniformStream(i, sample)),
  }));
  const texts: GeneratedText[][] = prompts.map(() => []);
  await generate(requests, model, settings, ({ index }, sample, text) => {
    expect(texts[index][sample]).toBeUndefined();
    texts[index][sample] = text;
  });
  return texts;
}

const standard: HonSetting = { order: 1, projections: ['q', 'k'], inner: 'shared' };
const settings: HonSetting[] = [
  standard,
  ...(['shared', 'separate', 'self'] as const).flatMap((inner) =>
    [2, 3].flatMap((order) =>
      ([['q'], ['q', 'k'], ['q', 'k', 'v']] as const).map((projections) => ({
        order,
        projections: [...projections],
        inner,
      })),
    ),
  ),
];

const names = readdirSync(`${fixtures}model`);

test('there is a text of every checkpoint', () => {
  expect(Object.keys(greedyTexts).sort()).toEqual(names.sort());
});

describe.each(fastDevices)('$backend.name on $device', (on) => {
  test.each(names)("%s: greedy continuations are transformers' own", async (name) => {
    const { decoder, sizes } = await open(name, on);
    const expected = greedyTexts[name];
    const prompts = expected.map(({ prompt }) => prompt);
    for (const batchSize of [1, 8]) {
      const settings = { ...greedy, batchSize, maxNewTokens: 20 };
      const texts = await write(prompts, 1, cachedModel(decoder, sizes), settings);
      expect(texts.map(([{ tokens }]) => tokens)).toEqual(expected.map(({ tokens }) => tokens.slice(0, 20)));
    }
    await decoder.close();
  });

  test.each(settings)(
    'sampled continuations are those of a full recomputation: $inner, order $order, $projections',
    async (hon) => {
      const tensors = writeSafetensors(temporaryFolder(), randomWeights(tinyConfig, hon));
      const config = { ...tinyConfig, hon };
      const decoder = await on.backend.loadDecoder(tensors, (ops) => buildModel(ops, config).next, testOptions(on));
      const sizes = describeModel(config);
      // Tokens that end some of the texts early, so that others take their place.
      const ending = { ...sampled, eos: [1, 2, 3] };
      const prompts = [
        [5, 3, 8],
        [4, 4],
        [9, 20, 11, 6, 7, 28, 2],
      ];
      const expected = await write(prompts, 4, recomputingModel(decoder, sizes), { ...ending, batchSize: 1 });
      const finishes = expected.flat().map(({ finish }) => finish);
      expect(new Set(finishes)).toEqual(new Set(['eos', 'length']));
      for (const batchSize of [1, 8])
        expect(await write(prompts, 4, cachedModel(decoder, sizes), { ...ending, batchSize })).toEqual(expected);
      await decoder.close();
    },
  );

  test('a greedy continuation is what scoring finds the most probable', async () => {
    const { decoder, sizes, config, tensors } = await open('hon-recursive', on);
    const [{ prompt }] = greedyTexts['hon-recursive'];
    const [[{ tokens }]] = await write([prompt], 1, cachedModel(decoder, sizes), greedy);
    const model = await on.backend.load(tensors, (ops) => buildModel(ops, config).score, testOptions(on));
    const limits = { maxLength: sizes.contextLength, vocabularySize: sizes.vocabularySize, batchTokens: 256 };
    const scoring = tokenModel((batch) => score(model, batch), limits);
    const { scores } = await scoreTokens([[{ context: prompt, continuation: tokens }]], scoring);
    expect(scores[0][0].greedy).toBe(true);
    await Promise.all([decoder.close(), model.close()]);
  });
});

describe('200 tokens', () => {
  test.each(Object.entries(longTexts))("%s: transformers' own", async (name, { change, prompt, tokens }) => {
    const { decoder, sizes } = await open(name, fastDevices[0], change);
    const settings = { ...greedy, maxNewTokens: tokens.length };
    const [[text]] = await write([prompt], 1, cachedModel(decoder, sizes), settings);
    await decoder.close();
    expect(text.tokens).toEqual(tokens);
  });
});

describe('the order of texts', () => {
  const [on] = fastDevices;
  const prompts = greedyTexts.standard.map(({ prompt }) => prompt);

  test('memory for few tokens puts texts off and changes none of them', async () => {
    const { decoder, sizes } = await open('hon-qk-shared', on);
    const expected = await write(prompts, 4, cachedModel(decoder, sizes), sampled);
    let reads = 0;
    const short = cachedModel(decoder, sizes, 150);
    const counted: GeneratingModel = {
      ...short,
      read(tokens) {
        reads++;
        return short.read(tokens);
      },
    };
    expect(await write(prompts, 4, counted, sampled)).toEqual(expected);
    expect(reads).toBeGreaterThan(prompts.length);
  });

  test('samples of a prompt read it once', async () => {
    const { decoder, sizes } = await open('standard', on);
    const requests = prompts.map((prompt, i) => ({ prompt, streams: [0, 1, 2].map((n) => uniformStream(i, n)) }));
    const counts = await generate(requests, cachedModel(decoder, sizes), sampled, () => {});
    const lengths = prompts.map(({ length }) => length);
    expect(counts.promptTokens).toBe(lengths.reduce((a, b) => a + b));
    expect(counts.tokens).toBe(9 * sampled.maxNewTokens);
    expect(counts.steps).toBe(sampled.maxNewTokens - 1);
  });

  test('requests are asked for as they are begun', async () => {
    const { decoder, sizes } = await open('standard', on);
    let [asked, ended] = [0, 0];
    function* requests() {
      for (const prompt of prompts) {
        asked++;
        yield { prompt, streams: [uniformStream(asked)] };
      }
    }
    await generate(requests(), cachedModel(decoder, sizes), { ...sampled, batchSize: 1 }, () => {
      // The one that is written, and the next.
      expect(asked).toBeLessThanOrEqual(++ended + 1);
    });
    expect([asked, ended]).toEqual([prompts.length, prompts.length]);
  });

  test('every way to end a text', async () => {
    const { decoder, sizes } = await open('standard', on);
    const model = cachedModel(decoder, sizes);
    const [[whole]] = await write([prompts[0]], 1, model, greedy);
    expect(whole).toEqual({ tokens: greedyTexts.standard[0].tokens, text: decode(whole.tokens), finish: 'length' });

    const end = whole.tokens.findLast((token, i) => whole.tokens.indexOf(token) === i)!;
    const at = whole.tokens.indexOf(end);
    const before = { tokens: whole.tokens.slice(0, at), text: decode(whole.tokens.slice(0, at)) };
    const [[byToken]] = await write([prompts[0]], 1, model, { ...greedy, eos: [end] });
    expect(byToken).toEqual({ ...before, finish: 'eos' });

    // A stop string may begin within a token and end within another.
    const stop = [`${before.text.slice(-2)}<${end}`];
    const [[byText]] = await write([prompts[0]], 1, model, { ...greedy, stop });
    expect(byText).toEqual({ tokens: whole.tokens.slice(0, at + 1), text: before.text.slice(0, -2), finish: 'stop' });

    const [[byWindow]] = await write([prompts[2]], 1, model, { ...greedy, maxNewTokens: 1000 });
    expect(byWindow.finish).toBe('context');
    expect(byWindow.tokens).toHaveLength(sizes.contextLength - prompts[2].length);
  });

  test('an abort ends it', async () => {
    const { decoder, sizes } = await open('standard', on);
    const abort = new AbortController();
    const requests = prompts.map((prompt, i) => ({ prompt, streams: [uniformStream(i)] }));
    const settings = { ...greedy, batchSize: 1 };
    const stopped = generate(requests, cachedModel(decoder, sizes), settings, () => abort.abort(), {
      signal: abort.signal,
    });
    await expect(stopped).rejects.toThrow('aborted');
  });
});
