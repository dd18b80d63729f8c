import { expect, test } from 'vitest';
import { type EncodedDocument, prepareEncoded } from '../../../src/harness/score/prepare_batches.ts';

const trunk = Array.from({ length: 100 }, (_, i) => i);

function document(rest: number[], continuations: number[][]): EncodedDocument {
  const encoded = continuations.map((continuation) => ({ context: [...trunk, ...rest], continuation }));
  return { encoded, place: 'made' };
}

const options = { maxLength: 512, vocabularySize: 1000, batchTokens: 1024 };

test('documents after the same shots share their tokens, up to rows of three trunks', () => {
  const documents = Array.from({ length: 12 }, (_, i) => document([200 + i, 300, 301 + i], [[500 + i], [600, 601]]));
  const { batches } = prepareEncoded(documents, options);
  const prepared = batches.flatMap((batch) => batch.documents);
  expect(prepared.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual(documents.map((_, i) => i));
  // 100 tokens once, and of each document the three of its own and the one that goes on with the second choice.
  expect(prepared.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(100 + 12 * 4);
  expect(prepared.reduce((sum, { requestTokens }) => sum + requestTokens, 0)).toBe(12 * (103 + 104));
});

test('each target is predicted by its own document: the ancestors of its cell are the document and its choice', () => {
  const documents = Array.from({ length: 5 }, (_, i) => document([200 + i], [[500], [600 + i, 601]]));
  const [{ batch, documents: placed }] = prepareEncoded(documents, options).batches;
  for (const { index, requestTargets } of placed)
    requestTargets.forEach((targets, request) => {
      const { continuation } = documents[index].encoded[request];
      expect(targets.map((target) => batch.targets[target])).toEqual(continuation);
      const cell = batch.headRows[batch.targetRows[targets.at(-1)!]];
      const row = cell - (cell % batch.columns);
      const seen = Array.from({ length: cell - row + 1 }, (_, j) => row + j).filter((j) => cell - row < batch.ends[j]);
      expect(seen.map((j) => batch.ids[j])).toEqual([...trunk, 200 + index, ...continuation.slice(0, -1)]);
    });
});

test('documents that share little, or were cut, stay apart', () => {
  const short = Array.from(
    { length: 3 },
    (_, i): EncodedDocument => ({
      encoded: [{ context: [1, 2, 3, i], continuation: [9] }],
      place: 'made',
    }),
  );
  const tokensOf = (documents: EncodedDocument[], maxLength: number) =>
    prepareEncoded(documents, { ...options, maxLength })
      .batches.flatMap((batch) => batch.documents)
      .reduce((sum, { tokens }) => sum + tokens, 0);
  expect(tokensOf(short, 512)).toBe(12);
  expect(tokensOf([document([1], [[2]]), document([3], [[4]])], 90)).toBe(180);
});
