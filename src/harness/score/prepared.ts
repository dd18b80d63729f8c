/** How documents are made batches of, and where each is in one. */
import type { ModelConfig } from '../../model/architecture.ts';
import type { Window } from '../tree/tree.ts';

export interface PrepareOptions extends Window {
  vocabularySize: number;
  /** Cells of a batch, about. */
  batchTokens: number;
  /** Whether the texts of tokens are kept. */
  tokens?: boolean;
}

/** For a model, and batches of about as many cells. */
export function prepareOptions(
  { contextLength: maxLength, vocabularySize, long }: ModelConfig,
  batchTokens: number,
  tokens = false,
): PrepareOptions {
  return { maxLength, vocabularySize, long, batchTokens, tokens };
}

/** A document's place in a batch, or that of one of its windows. */
export interface PreparedDocument {
  /** In the list that was prepared. */
  index: number;
  /** Which of how many windows. */
  window: number;
  windows: number;
  /** For each request, the targets of the batch that its log-likelihood is the sum of. */
  requestTargets: number[][];
  /** For each request, what each of those targets' tokens adds to its text, where that is kept. */
  requestTexts?: string[][];
  /** Tokens at the front of its longest request that the model's window left out. */
  truncated: number;
  /** Tokens fed to the model. */
  tokens: number;
  /** Tokens that would be fed if every (context, continuation) pair were scored alone. */
  requestTokens: number;
}
