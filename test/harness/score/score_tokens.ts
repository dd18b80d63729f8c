import type { Batch, BatchScores } from '../../../src/backend/backend.ts';
import { type PrepareOptions, prepareEncoded } from '../../../src/harness/score/prepare_batches.ts';
import type { EncodedRequest } from '../../../src/harness/score/request.ts';
import { type DocumentScores, type ScoringModel, scoreDocuments } from '../../../src/harness/score/score_documents.ts';

/** A way to score documents that are encoded already, for tests of what comes after the tokenizer. */
export function tokenModel(
  score: (batch: Batch) => Promise<BatchScores>,
  options: PrepareOptions,
): ScoringModel<EncodedRequest[]> {
  return {
    score,
    batchTokens: options.batchTokens,
    prepare: async (documents, batchTokens) => {
      const encoded = documents.map((requests, i) => ({ encoded: requests, place: `row ${i}` }));
      return prepareEncoded(encoded, { ...options, batchTokens });
    },
  };
}

/** Scores of documents, in their order, and what `scoreDocuments` counted. */
export async function scoreTokens(documents: EncodedRequest[][], model: ScoringModel<EncodedRequest[]>) {
  const results: DocumentScores[] = [];
  const counts = await scoreDocuments(documents, model, (index, scores) => {
    results[index] = scores;
  });
  return { results, scores: results.map(({ scores }) => scores), counts };
}
