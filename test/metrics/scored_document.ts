import type { ScoredDocument } from '../../src/harness/record/scored.ts';
import type { Document } from '../../src/harness/task/task.ts';

/** A document whose choices got the given log-likelihoods. */
export function scoredDocument(logLikelihoods: number[], changes: Partial<Document> = {}): ScoredDocument {
  const choices = logLikelihoods.map((_, i) => `choice ${i}`);
  const document: Document = { index: 0, place: 'row 1', doc: {}, context: 'Q:', choices, gold: 0, ...changes };
  return {
    document,
    requests: document.choices.map((choice) => ['Q:', ` ${choice}`]),
    scores: logLikelihoods.map((logLikelihood) => ({ logLikelihood, greedy: false, tokens: 1 })),
    truncatedTokens: 0,
  };
}
