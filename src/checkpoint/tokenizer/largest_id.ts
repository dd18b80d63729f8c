import type { TokenizerDefinition } from './schema.ts';

/** The largest id that a tokenizer has for a token. */
export function largestId({ model: { vocab }, added_tokens: added }: TokenizerDefinition): number {
  let largest = added.reduce((max, { id }) => Math.max(max, id), -1);
  // A list, where a token's id is its place, for Unigram.
  if (Array.isArray(vocab)) return Math.max(largest, vocab.length - 1);
  // Without an array of them: there are hundreds of thousands.
  for (const token in vocab) largest = Math.max(largest, vocab[token]);
  return largest;
}
