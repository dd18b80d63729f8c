import { describe, expect, test } from 'vitest';
import { prepareEncoded } from '../../../src/harness/score/prepare_batches.ts';
import type { EncodedRequest } from '../../../src/harness/tree/request.ts';

const options = { maxLength: 2048, vocabularySize: 50_000, batchTokens: 1024 };

/** Choices of four tokens that differ from the second on. */
function choices(count: number, context: number[]): EncodedRequest[] {
  return Array.from({ length: count }, (_, i) => ({ context, continuation: [1, 2 + (i % 40_000), 3 + (i % 7), 5] }));
}

describe('a document of very many choices', () => {
  const context = Array.from({ length: 100 }, (_, i) => i + 10);
  const encoded = choices(20_000, context);
  const { batches } = prepareEncoded([{ encoded, place: 'a row' }], options);

  test('becomes trees of a bounded size', () => {
    expect(batches.length).toBeGreaterThan(10);
    for (const { batch } of batches) expect(batch.columns).toBeLessThan(4096 + 2048);
  });

  test('has the targets of each choice once, in its own place', () => {
    const seen: number[][] = [];
    for (const { batch, documents } of batches)
      for (const { index, windows, requestTargets } of documents) {
        expect(index).toBe(0);
        expect(windows).toBeGreaterThan(10);
        expect(requestTargets).toHaveLength(encoded.length);
        for (const [request, targets] of requestTargets.entries())
          if (targets.length > 0) {
            expect(seen[request]).toBeUndefined();
            seen[request] = targets.map((target) => batch.targets[target]);
          }
      }
    expect(seen).toEqual(encoded.map(({ continuation }) => continuation));
  });
});

test('a document of a few choices stays one tree, long contexts or not', () => {
  const context = Array.from({ length: 3000 }, (_, i) => i);
  const { batches } = prepareEncoded([{ encoded: choices(4, context), place: 'a row' }], options);
  expect(batches.flatMap(({ documents }) => documents).map(({ windows }) => windows)).toEqual([1]);
});
