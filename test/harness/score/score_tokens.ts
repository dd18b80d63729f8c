import type { Batch, BatchScores } from '../../../src/backend/backend.ts';
import type { DocumentScores, ScoredBatch } from '../../../src/harness/journal/scores.ts';
import { prepareEncoded } from '../../../src/harness/score/prepare_batches.ts';
import type { PrepareOptions } from '../../../src/harness/score/prepared.ts';
import { type ScoringModel, scoreDocuments } from '../../../src/harness/score/score_documents.ts';
import type { EncodedRequest } from '../../../src/harness/tree/request.ts';

/** A way to score documents that are encoded already, for tests of what comes after the tokenizer. */
export function tokenModel(
  score: (batch: Batch) => Promise<BatchScores>,
  options: PrepareOptions,
): ScoringModel<EncodedRequest[]> {
  return {
    score: async (batch) => ({ ...(await score(batch)), seconds: 0 }),
    batchTokens: options.batchTokens,
    prepare: async (documents, batchTokens) => {
      const encoded = documents.map((requests, i) => ({ encoded: requests, place: `row ${i}` }));
      return prepareEncoded(encoded, { ...options, batchTokens });
    },
  };
}

/** Scores of documents, in their order, and what they and their batches were. */
export async function scoreTokens(documents: EncodedRequest[][], model: ScoringModel<EncodedRequest[]>) {
  const results: DocumentScores[] = [];
  let batches = 0;
  const keep = (batch: ScoredBatch) => {
    batches++;
    for (const [index, scores] of batch.documents) results[index] = scores;
  };
  await scoreDocuments(documents, model, { keep });
  const sum = (of: 'tokens' | 'requestTokens') => results.reduce((total, result) => total + result[of], 0);
  const counts = { tokens: sum('tokens'), requestTokens: sum('requestTokens'), batches };
  return { results, scores: results.map(({ scores }) => scores), counts };
}
