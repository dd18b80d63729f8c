import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Batch, type BatchScores, outOfMemory } from '../../../src/backend/backend.ts';
import type { ScoredBatch } from '../../../src/harness/journal/scores.ts';
import { scoreDocuments } from '../../../src/harness/score/score_documents.ts';
import { packTrees } from '../../../src/harness/tree/pack.ts';
import type { EncodedRequest } from '../../../src/harness/tree/request.ts';
import { buildTree } from '../../../src/harness/tree/tree.ts';
import { scoreTokens, tokenModel } from './score_tokens.ts';

const vocabularySize = 7;

/** Documents whose requests share prefixes often: few tokens, and contexts that are the same for all choices. */
const tokens = (most: number) => fc.array(fc.nat(vocabularySize - 1), { minLength: 1, maxLength: most });
const document: fc.Arbitrary<EncodedRequest[]> = fc
  .tuple(tokens(12), fc.array(tokens(6), { minLength: 1, maxLength: 5 }))
  .map(([context, continuations]) => continuations.map((continuation) => ({ context, continuation })));

/**
 * A stand-in for a model that is sensitive to everything the mask and the positions must get right: the "probability"
 * of a token is a hash of it and of all tokens that the batch lets its predecessor see, with their positions.
 */
function hashModel(batch: Batch): BatchScores {
  const logProbs = Float64Array.from(batch.targets, (target, t) => {
    const cell = batch.headRows[batch.targetRows[t]];
    const start = cell - (cell % batch.columns);
    const seen: number[] = [];
    for (let j = start; j <= cell; j++) if (cell - start < batch.ends[j]) seen.push(batch.positions[j], batch.ids[j]);
    return hash([...seen, target]);
  });
  return { logProbs, greedy: Uint8Array.from(logProbs, (p) => Number(p > -0.8)) };
}

function hash(values: number[]): number {
  let h = 2166136261;
  for (const value of values) h = Math.imul(h ^ (value + 1), 16777619);
  return -((h >>> 0) / 2 ** 32);
}

/** The definition: each pair on its own, oldest tokens left out where it is too long. */
function scoreAlone({ context, continuation }: EncodedRequest, maxLength: number) {
  const fed = [...context, ...continuation].slice(-(maxLength + 1));
  const probabilities = continuation.map((target, i) => {
    const seen = fed.slice(0, fed.length - continuation.length + i);
    return hash([...seen.flatMap((id, position) => [position, id]), target]);
  });
  return {
    logLikelihood: probabilities.reduce((a, b) => a + b, 0),
    greedy: probabilities.every((p) => p > -0.8),
    tokens: continuation.length,
  };
}

describe('scoreDocuments', () => {
  const score = async (batch: Batch) => hashModel(batch);

  test('gives every request the score that it has alone, whatever shares its tree, row and batch', async () => {
    const lists = fc.array(document, { minLength: 1, maxLength: 40 });
    const lengths = fc.integer({ min: 6, max: 20 });
    const budgets = fc.integer({ min: 1, max: 400 });
    await fc.assert(
      fc.asyncProperty(lists, lengths, budgets, async (list, maxLength, batchTokens) => {
        const model = tokenModel(score, { maxLength, vocabularySize, batchTokens });
        const { scores } = await scoreTokens(list, model);
        expect(scores).toEqual(list.map((requests) => requests.map((request) => scoreAlone(request, maxLength))));
      }),
      { numRuns: 200 },
    );
  });

  test('scores more documents than a window holds, each once', async () => {
    const list = Array.from({ length: 600 }, (_, i) => [{ context: [i % 7], continuation: [(i * 3) % 7, i % 5] }]);
    const asked: number[] = [];
    const model = tokenModel(score, { maxLength: 9, vocabularySize, batchTokens: 256 });
    await scoreDocuments(list, model, { keep: ({ documents }) => asked.push(...documents.keys()) });
    expect(asked.sort((a, b) => a - b)).toEqual(list.map((_, i) => i));
  });

  test('halves the batch where the device has no memory for it, and loses no document', async () => {
    const list = fc.sample(document, { numRuns: 60, seed: 5 });
    const small = async (batch: Batch) => {
      if (batch.ids.length > 150) throw outOfMemory('A batch', 'test');
      return hashModel(batch);
    };
    const model = tokenModel(small, { maxLength: 20, vocabularySize, batchTokens: 2000 });
    const { scores } = await scoreTokens(list, model);
    expect(model.batchTokens).toBeLessThan(500);
    expect(scores).toEqual(list.map((requests) => requests.map((request) => scoreAlone(request, 20))));
  });

  test('scores only what is missing, in the batches that it would have been in, and keeps what is under way', async () => {
    const list = fc.sample(document, { numRuns: 600, seed: 7 });
    const model = () => tokenModel(score, { maxLength: 20, vocabularySize, batchTokens: 200 });
    const batchesOf = async (isDone?: (index: number) => boolean, signal?: AbortSignal, onBatch = () => {}) => {
      const batches: number[][] = [];
      const keep = ({ documents }: ScoredBatch) => {
        batches.push([...documents.keys()]);
        onBatch();
      };
      const scoring = scoreDocuments(list, model(), { isDone, keep }, signal);
      return { batches, outcome: await scoring.then(() => 'done').catch((error) => error.message) };
    };
    const whole = await batchesOf();
    const abort = new AbortController();
    let kept = 0;
    const stopped = await batchesOf(undefined, abort.signal, () => ++kept === 9 && abort.abort(new Error('stopped')));
    expect([stopped.outcome, stopped.batches.length]).toEqual(['stopped', expect.toSatisfy((n) => n >= 9 && n < 13)]);
    const done = new Set(stopped.batches.flat());
    const rest = await batchesOf((index) => done.has(index));
    expect([...stopped.batches, ...rest.batches]).toEqual(whole.batches);
  });

  test('fails with what the backend or the preparation failed with', async () => {
    const list = [[{ context: [1], continuation: [2] }], [{ context: [1], continuation: [2] }]];
    const options = { maxLength: 20, vocabularySize, batchTokens: 2000 };
    const full = tokenModel(() => Promise.reject(outOfMemory('A batch', 'test')), options);
    await expect(scoreTokens(list, full)).rejects.toThrow('does not fit into the memory');
    const broken = tokenModel(() => Promise.reject(new Error('broken')), options);
    await expect(scoreTokens(list, broken)).rejects.toThrow('broken');
    const foreign = [[{ context: [1], continuation: [9] }]];
    await expect(scoreTokens(foreign, tokenModel(score, options))).rejects.toThrow(/row 0: .*token 9.* has 7/);
  });

  test('counts the documents that did not fit and the tokens that they lost', async () => {
    const list = [[{ context: [1, 2, 3, 4, 5], continuation: [6, 0] }], [{ context: [1], continuation: [2] }]];
    const model = tokenModel(score, { maxLength: 4, vocabularySize, batchTokens: 64 });
    const { results, counts } = await scoreTokens(list, model);
    expect(counts).toEqual({ tokens: 5, requestTokens: 5, batches: 1 });
    expect(results.map((result) => result.truncated)).toEqual([2, 0]);
  });
});

describe('buildTree', () => {
  test('holds a token that requests share once, in depth-first preorder', () => {
    const requests = [
      { context: [1, 2], continuation: [3, 4, 5] },
      { context: [1, 2], continuation: [3, 6] },
      { context: [1, 2], continuation: [7] },
    ];
    expect(buildTree(requests, { maxLength: 10 }, '')).toEqual({
      ids: [1, 2, 3, 4],
      positions: [0, 1, 2, 3],
      ends: [4, 4, 4, 4],
      heads: [1, 2, 3],
      targetHeads: [0, 1, 2, 1, 0],
      targets: [3, 4, 5, 6, 7],
      requestTargets: [[0, 1, 2], [0, 3], [4]],
      truncated: 0,
    });
  });

  test('lets trunks that truncation makes differ grow side by side', () => {
    const requests = [
      { context: [1, 2, 3], continuation: [4] },
      { context: [1, 2, 3], continuation: [4, 5] },
    ];
    const tree = buildTree(requests, { maxLength: 3 }, '');
    expect(tree.ids).toEqual([1, 2, 3, 2, 3, 4]);
    expect(tree.ends).toEqual([3, 3, 3, 6, 6, 6]);
    expect(tree.truncated).toBe(1);
  });

  test('refuses a continuation that is longer than the window', () => {
    const request = { context: [1], continuation: [2, 3, 4] };
    expect(() => buildTree([request], { maxLength: 2 }, 'row 7')).toThrow('row 7: a choice of 3 tokens does not fit');
  });
});

describe('packTrees', () => {
  test('places every tree once, within the budget unless one tree alone exceeds it', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 2000 }), (list, budget) => {
        const trees = list.map((n) => {
          const context = Array.from({ length: n }, () => 1);
          return buildTree([{ context, continuation: [2] }], { maxLength: 1000 }, '');
        });
        const batches = packTrees(trees, budget);
        const placed = batches.flatMap((packed) => packed.trees.map((tree) => tree.index)).sort((a, b) => a - b);
        expect(placed).toEqual(list.map((_, i) => i));
        for (const { batch } of batches) {
          expect(batch.rows === 1 || batch.rows * batch.columns <= budget).toBe(true);
          expect(batch.ids.length).toBe(batch.rows * batch.columns);
          expect(batch.columns % 4).toBe(0);
        }
      }),
    );
  });
});
