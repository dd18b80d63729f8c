import { z } from 'zod';
import type { Json } from '../json.ts';
import { addedTokenSchema } from './byte_level_bpe_added_tokens.ts';
import { byteLetters } from './byte_level_bpe_merges.ts';

/** Patterns of words, as `tokenizer.json` writes them. In each of them a space after a word starts a new one. */
const gpt2Words = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const llama3Words =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*" +
  '|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
const qwen2Words = llama3Words.replace('{1,3}', '');

const byteLevel = z.object({ type: z.literal('ByteLevel'), add_prefix_space: z.literal(false) });
const split = z.object({
  type: z.literal('Split'),
  pattern: z.object({ Regex: z.enum([gpt2Words, qwen2Words, llama3Words]) }),
  behavior: z.literal('Isolated'),
  invert: z.literal(false),
});
const preTokenizer = z.union([
  byteLevel.extend({ use_regex: z.literal(true).default(true) }).transform(() => gpt2Words),
  z
    .object({
      type: z.literal('Sequence'),
      pretokenizers: z.tuple([split, byteLevel.extend({ use_regex: z.literal(false) })]),
    })
    .transform(({ pretokenizers: [{ pattern }] }) => pattern.Regex),
]);

/** Tokens that are added before and after every text. */
interface Affixes {
  before: number[];
  after: number[];
}

const nothing = (): Affixes => ({ before: [], after: [] });
const templatePart = z.union([
  z.object({ SpecialToken: z.object({ id: z.string() }) }),
  z.object({ Sequence: z.object({ id: z.literal('A') }) }),
]);
const template = z
  .object({
    type: z.literal('TemplateProcessing'),
    single: z.array(templatePart).refine((parts) => parts.filter((part) => 'Sequence' in part).length === 1),
    special_tokens: z.record(z.string(), z.object({ ids: z.array(z.int()) })),
  })
  .transform(({ single, special_tokens }): Affixes => {
    const ids = single.map((part) => ('SpecialToken' in part ? (special_tokens[part.SpecialToken.id]?.ids ?? []) : []));
    const text = single.findIndex((part) => 'Sequence' in part);
    return { before: ids.slice(0, text).flat(), after: ids.slice(text + 1).flat() };
  });
const processor = z.union([z.object({ type: z.literal('ByteLevel') }).transform(nothing), template]);
const postProcessor = z.union([
  z.null().transform(nothing),
  processor,
  // Each one adds its tokens around those of the one before.
  z.object({ type: z.literal('Sequence'), processors: z.array(processor) }).transform(({ processors }) => ({
    before: processors.toReversed().flatMap(({ before }) => before),
    after: processors.flatMap(({ after }) => after),
  })),
]);

/** With every byte of UTF-8 in the vocabulary no text has an unknown token: what would become of one does not matter. */
const vocabulary = z.custom<Record<string, number>>((vocab) => {
  const idOf = (letter: string) => (vocab as Record<string, unknown> | null)?.[letter];
  return (
    typeof vocab === 'object' && byteLetters.every((letter, byte) => !inUtf8(byte) || Number.isInteger(idOf(letter)))
  );
});

function inUtf8(byte: number): boolean {
  return byte !== 0xc0 && byte !== 0xc1 && byte < 0xf5;
}

const model = z.object({
  type: z.literal('BPE').optional(),
  vocab: vocabulary,
  merges: z.custom<(string | string[])[]>(Array.isArray),
  ignore_merges: z.boolean().default(false),
  dropout: z.literal(0).nullish(),
  continuing_subword_prefix: z.literal('').nullish(),
  end_of_word_suffix: z.literal('').nullish(),
});

/** The tokenizers that `ByteLevelBpe` is for, as `tokenizer.json` describes them. */
const definition = z.object({
  added_tokens: z.array(addedTokenSchema).default([]),
  normalizer: z.object({ type: z.literal('NFC') }).nullish(),
  pre_tokenizer: preTokenizer,
  post_processor: postProcessor.default(nothing),
  model,
});

export type ByteLevelBpeDefinition = z.infer<typeof definition>;

/** The definition, or undefined where a `tokenizer.json` asks for anything but what `ByteLevelBpe` does. */
export function parseByteLevelBpe(json: Json): ByteLevelBpeDefinition | undefined {
  return definition.safeParse(json).data;
}
