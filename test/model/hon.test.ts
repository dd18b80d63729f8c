import { describe, expect, test } from 'vitest';
import { type LoadedModel, score } from '../../src/backend/backend.ts';
import { reference } from '../../src/backend/reference/index.ts';
import type { Score } from '../../src/harness/record/scored.ts';
import type { EncodedRequest } from '../../src/harness/tree/request.ts';
import { type HonSetting, honLabel } from '../../src/model/hon.ts';
import { buildModel } from '../../src/model/index.ts';
import { fastDevices, type TestDevice, testOptions } from '../backend/devices.ts';
import { scoreTokens, tokenModel } from '../harness/score/score_tokens.ts';
import { naiveLogProbs } from './naive_gpt_neox.ts';
import { randomNumbers, randomWeights, temporaryFolder, tinyConfig, writeSafetensors } from './tiny_checkpoint.ts';

const settings: (HonSetting | undefined)[] = [
  undefined,
  { order: 1, projections: ['q', 'k'], inner: 'shared' },
  ...(['shared', 'separate', 'self'] as const).flatMap((inner) =>
    [2, 3].flatMap((order) =>
      ([['q'], ['k'], ['v'], ['q', 'k'], ['q', 'k', 'v']] as const).map((projections) => ({
        order,
        projections: [...projections],
        inner,
      })),
    ),
  ),
  { order: 5, projections: ['q', 'k'], inner: 'shared' },
];

const judge: TestDevice = { backend: reference, device: 'cpu' };

/** Trees of many shapes: shared and unshared prefixes, continuations of one token, contexts longer than a row's minimum. */
function randomDocuments(count: number): EncodedRequest[][] {
  const random = randomNumbers(7);
  const below = (n: number) => Math.floor(((random() + 1) / 2) * n);
  const tokens = (n: number) => Array.from({ length: n }, () => below(3));
  return Array.from({ length: count }, () => {
    const context = tokens(1 + below(40));
    return Array.from({ length: 1 + below(4) }, () => ({ context, continuation: tokens(1 + below(6)) }));
  });
}

async function scoreAll(model: LoadedModel, documents: EncodedRequest[][], batchTokens: number): Promise<Score[][]> {
  const options = { maxLength: 64, vocabularySize: tinyConfig.vocab_size, batchTokens };
  return (
    await scoreTokens(
      documents,
      tokenModel((batch) => score(model, batch), options),
    )
  ).scores;
}

function expectEqual(actual: Score[][], expected: Score[][], tolerance: number): void {
  for (const [d, document] of expected.entries())
    for (const [c, score] of document.entries()) {
      expect(Math.abs(actual[d][c].logLikelihood - score.logLikelihood)).toBeLessThan(tolerance);
      expect(actual[d][c].greedy).toBe(score.greedy);
    }
}

describe.each(settings.map((hon) => [honLabel(hon) + (hon ? ` (${hon.inner} ${hon.order})` : ''), hon] as const))(
  '%s',
  (_, hon) => {
    const documents = randomDocuments(12);

    async function load(on: TestDevice, config = tinyConfig) {
      const weights = randomWeights(config, hon);
      const tensors = writeSafetensors(temporaryFolder(), weights);
      const json = { ...config, hon: hon ?? null };
      const model = await on.backend.load(tensors, (ops) => buildModel(ops, json).score, testOptions(on));
      return { weights, model };
    }

    test('the reference backend computes the equations on trees, within 1e-5', async () => {
      for (const use_parallel_residual of [true, false]) {
        const config = { ...tinyConfig, use_parallel_residual };
        const { weights, model } = await load(judge, config);
        const scores = await scoreAll(model, documents.slice(0, 4), 256);
        const naive = {
          layers: config.num_hidden_layers,
          hiddenSize: config.hidden_size,
          heads: config.num_attention_heads,
          intermediateSize: config.intermediate_size,
          vocabularySize: config.vocab_size,
          rotaryPct: config.rotary_pct,
          parallelResidual: use_parallel_residual,
          hon,
        };
        const expected = documents.slice(0, 4).map((requests) =>
          requests.map(({ context, continuation }) => {
            const rows = naiveLogProbs(naive, weights, [...context, ...continuation].slice(0, -1)).slice(
              context.length - 1,
            );
            return {
              logLikelihood: continuation.reduce((sum, token, i) => sum + rows[i][token], 0),
              greedy: continuation.every((token, i) => rows[i][token] === Math.max(...rows[i])),
              tokens: continuation.length,
            };
          }),
        );
        // Rotary angles are float32 by design, as in transformers: float64 cannot agree better.
        expectEqual(scores, expected, 1e-5);
      }
    });

    test.each(fastDevices)(
      '$backend.name on $device agrees with the reference within 1e-4, trees and pairs alike',
      async (on) => {
        const expected = await scoreAll((await load(judge)).model, documents, 256);
        const { model } = await load(on);
        expectEqual(await scoreAll(model, documents, 256), expected, 1e-4);
        const alone = documents.flatMap((requests) => requests.map((request) => [request]));
        expectEqual(
          await scoreAll(model, alone, 1),
          expected.flat().map((score) => [score]),
          1e-4,
        );
        await model.close();
      },
    );
  },
);
