import { z } from 'zod';

const ids = z.looseObject({
  model: z.looseObject({
    /** A list, where a token's id is its place, for Unigram. */
    vocab: z.union([z.record(z.string(), z.number()), z.array(z.unknown())]).optional(),
  }),
  added_tokens: z.array(z.looseObject({ id: z.number() })).default([]),
});

/** The largest id that a tokenizer.json gives a token; infinite where it does not say. */
export function largestId(definition: unknown): number {
  const { success, data } = ids.safeParse(definition);
  if (!success || !data.model.vocab) return Number.POSITIVE_INFINITY;
  const { vocab } = data.model;
  let largest = Array.isArray(vocab) ? vocab.length - 1 : -1;
  if (!Array.isArray(vocab)) for (const token in vocab) largest = Math.max(largest, vocab[token]);
  for (const { id } of data.added_tokens) largest = Math.max(largest, id);
  return largest;
}
