/** Trees after a trunk that was read before: the scores are those of the whole trees. */
import { expect, test } from 'vitest';
import { type BatchScores, score } from '../../src/backend/backend.ts';
import { reference } from '../../src/backend/reference/index.ts';
import { openCheckpoint } from '../../src/checkpoint/open.ts';
import { type EncodedDocument, prepareEncoded } from '../../src/harness/score/prepare_batches.ts';
import { buildModel, describeModel } from '../../src/model/index.ts';
import { randomNumbers } from '../model/tiny_checkpoint.ts';
import { testDevices, testOptions } from './devices.ts';

const folder = new URL('../fixtures/model/', import.meta.url).pathname;

/** Every kind of inner attention, grouped keys, windows, positions that are added, a cap, and other rotary angles. */
const names = [
  ...['standard', 'hon-qkv', 'hon-recursive', 'hon-qkv-self-order3', 'qwen2-hon-qkv', 'qwen2-gqa-bf16'],
  ...['qwen2-window', 'gemma2', 'gpt2', 'llama3-rope'],
];

/** Two trunks, by turns, so that the second one takes the place of the first. */
const trunkLengths = [21, 16];

const devices = [
  ...testDevices.map((on) => ({ ...on, tolerance: 1e-4 })),
  { backend: reference, device: 'cpu', tolerance: 1e-10 },
].filter(({ device }) => device !== 'js');

/** A GPU in software needs a minute for each. */
const namesFor = (device: string) => (device === 'webgpu' ? ['hon-recursive'] : names);

test.each(devices.flatMap((on) => namesFor(on.device).map((name) => ({ ...on, name }))))(
  '$name, $backend.name on $device, within $tolerance',
  { timeout: 300_000 },
  async ({ name, tolerance, ...on }) => {
    const { config, tensors } = await openCheckpoint(`${folder}${name}`);
    const { contextLength: maxLength, vocabularySize } = describeModel(config);
    const random = randomNumbers(7);
    const tokens = (length: number) =>
      Array.from({ length }, () => Math.floor(((random() + 1) / 2) * (vocabularySize - 1)));
    const documents = trunkLengths.map((length) => {
      const ids = tokens(length);
      return Array.from({ length: 3 }, (_, i): EncodedDocument => {
        const context = [...ids, ...tokens(5 + 3 * i)];
        const encoded = [1, 3].map((count) => ({ context, continuation: tokens(count) }));
        return { encoded, place: `row ${i}`, trunk: { ids, isFirst: i === 0 } };
      });
    });
    const model = await on.backend.load(tensors, (ops) => buildModel(ops, config).score, testOptions(on));
    const scoresOf = async (of: EncodedDocument[]) => {
      const { batches } = prepareEncoded(of, { maxLength, vocabularySize, batchTokens: 64 });
      const scored: [number, number[]][] = [];
      for (const { batch, documents: placed } of batches) {
        const { logProbs }: BatchScores = await score(model, batch);
        for (const { index, requestTargets } of placed)
          scored.push([index, requestTargets.flat().map((target) => logProbs[target])]);
      }
      const trunks = batches.map(({ batch }) => batch.trunk?.length ?? 0);
      return { trunks, figures: scored.toSorted(([a], [b]) => a - b).flatMap(([, values]) => values) };
    };
    for (const group of [...documents, documents[0]]) {
      const after = await scoresOf(group);
      const whole = await scoresOf(group.map(({ trunk, ...document }) => document));
      expect(new Set(after.trunks)).toEqual(new Set([group[0].trunk!.ids.length]));
      expect(new Set(whole.trunks)).toEqual(new Set([0]));
      expect(whole.figures.length).toBe(3 * 4);
      whole.figures.forEach((value, i) => {
        expect(Math.abs(after.figures[i] - value)).toBeLessThan(tolerance);
      });
    }
    await model.close();
  },
);
