/** Log-probabilities under a whole vocabulary, as trained models give them: a few logits far above all others. */
import { describe, expect, test } from 'vitest';
import { type BackendOptions, type Batch, score } from '../../src/backend/backend.ts';
import { onnx } from '../../src/backend/onnx/index.ts';
import type { Ops, TreeBatch } from '../../src/model/ops.ts';
import { randomNumbers, temporaryFolder, writeSafetensors } from '../model/tiny_checkpoint.ts';
import { type TestDevice, testDevices, testOptions } from './devices.ts';

/** Of a log-probability; a sum of 50,000 numbers one after the other, in float32, is off by 50 times as much. */
const tolerance = 1e-6;

/** A row of logits [vocabulary] by its name. */
type Rows = Record<string, Float32Array>;

function peakedLogits(vocabulary: number): Rows {
  const random = randomNumbers(7);
  const uniform = () => (random() + 1) / 2;
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const row = (logit: (token: number) => number) =>
    Float32Array.from({ length: vocabulary }, (_, token) => logit(token));
  /** Some tokens, the last one too, `above` standard deviations away from the others. */
  const peaked = (deviation: number, above: number) =>
    row((token) => deviation * (normal() + (token % 9000 === 77 || token === vocabulary - 1 ? above : 0)));
  return {
    narrow: peaked(1, 0),
    'narrow, a few far above': peaked(1, 12),
    wide: peaked(6, 0),
    'wide, a few above': peaked(4, 5),
    'wide, a few far above': peaked(6, 9),
    // Each exponential is below half a unit in the last place of the sum, all of them are 2e-3.
    'a tail that is lost one by one': row((token) => (token === 1000 ? 20.25 : 3.25)),
    even: row(() => -40.3),
  };
}

/** Targets of every row: the most probable token, the least probable one, both ends of the vocabulary, some between. */
function targetsOf(logits: Float32Array): number[] {
  const most = logits.reduce((best, value, token) => (value > logits[best] ? token : best), 0);
  const least = logits.reduce((best, value, token) => (value < logits[best] ? token : best), 0);
  return [most, least, 0, logits.length - 1, 77, 1000, 20000];
}

/** One-row batch, whose head rows are the rows of a matrix of logits. */
function batchOf(rows: Float32Array[]): Batch {
  const cells = Int32Array.from({ length: 4 }, (_, i) => i);
  const targets = rows.map(targetsOf);
  return {
    rows: 1,
    columns: 4,
    ids: new Int32Array(4),
    positions: new Int32Array(4),
    ends: cells.map((i) => i + 1),
    headRows: Int32Array.from(rows, () => 0),
    targetRows: Int32Array.from(targets.flatMap((list, row) => list.map(() => row))),
    targets: Int32Array.from(targets.flat()),
  };
}

/** Scores of the rows' targets, their logits being a product with an identity, or a parameter as it is. */
async function compute(on: TestDevice['backend'], options: BackendOptions, rows: Float32Array[], isProduct: boolean) {
  const [count, vocabulary] = [rows.length, rows[0].length];
  const identity = Float32Array.from({ length: count ** 2 }, (_, i) => Number(i % (count + 1) === 0));
  const matrix = Float32Array.from(rows.flatMap((row) => [...row]));
  const transposed = matrix.map((_, i) => matrix[(i % count) * vocabulary + Math.floor(i / count)]);
  const tensors = writeSafetensors(temporaryFolder(), {
    identity: { shape: [count, count], values: identity },
    logits: { shape: [count, vocabulary], values: matrix },
    head: { shape: [vocabulary, count], values: transposed },
  });
  const build = <T>(ops: Ops<T>) => {
    const logits = isProduct ? undefined : ops.parameter('logits', [count, vocabulary]);
    const x = ops.parameter('identity', [count, count]);
    const head = ops.parameter('head', [vocabulary, count]);
    return ({ targetRows, targets }: TreeBatch<T>) =>
      ops.tokenScores(logits ?? ops.linear(x, head), targetRows, targets);
  };
  const model = await on.load(tensors, build, options);
  const scores = await score(model, batchOf(rows));
  await model.close();
  return scores;
}

/** By the definition, in float64. */
function expectedScores(rows: Float32Array[]) {
  return rows.flatMap((row) => {
    const largest = row.reduce((a, b) => Math.max(a, b));
    const sum = row.reduce((total, value) => total + Math.exp(value - largest), 0);
    return targetsOf(row).map((token) => ({
      logProb: row[token] - largest - Math.log(sum),
      greedy: Number(row[token] === largest),
    }));
  });
}

async function expectAccurate(backend: TestDevice['backend'], options: BackendOptions, rows: Rows, isProduct: boolean) {
  const { logProbs, greedy } = await compute(backend, options, Object.values(rows), isProduct);
  const expected = expectedScores(Object.values(rows));
  expect(logProbs).toHaveLength(expected.length);
  const names = Object.keys(rows);
  const faults = expected.flatMap(({ logProb }, i) => {
    const off = Math.abs(logProbs[i] - logProb);
    return off < tolerance ? [] : [`${names[Math.floor((i * names.length) / expected.length)]}: off by ${off}`];
  });
  expect(faults).toEqual([]);
  expect([...greedy]).toEqual(expected.map((target) => target.greedy));
}

describe.each(testDevices)('$backend.name on $device', (on) => {
  // Pythia's vocabulary, GPT-2's, and Llama 2's with a token added.
  test.each([50304, 50257, 32001])('of %d logits', async (vocabulary) => {
    await expectAccurate(on.backend, testOptions(on), peakedLogits(vocabulary), true);
  });

  test('of logits that are no product', async () => {
    await expectAccurate(on.backend, testOptions(on), peakedLogits(50304), false);
  });
});

test('float16 is widened before exponentials are taken and summed', async () => {
  // What both types hold exactly.
  const rows = Object.entries(peakedLogits(50304)).map(([name, row]) => [
    name,
    row.map((logit) => Math.round(64 * Math.max(-31, Math.min(31, logit))) / 64),
  ]);
  const options = { device: 'cpu', dtype: 'float16', threads: 1 } as const;
  await expectAccurate(onnx, options, Object.fromEntries(rows), true);
});
