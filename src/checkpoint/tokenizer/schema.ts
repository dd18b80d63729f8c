/** What tokenizer.json may say: https://github.com/huggingface/tokenizers, the `Deserialize` of each component. */
import { z } from 'zod';
import { HonEvalError } from '../../errors.ts';
import type { Json, JsonObject } from '../../json.ts';
import { check } from '../../schema.ts';
import { quote } from '../safetensors/header.ts';

const id = z.int().nonnegative();
const literal = z.object({ String: z.string().min(1) });
const pattern = z.union([literal, z.object({ Regex: z.string().min(1) })], {
  error: 'expected {"String": …} or {"Regex": …}',
});
const behavior = z.enum(['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous']);

/** A component without settings. */
function plain<T extends string>(type: T) {
  return z.object({ type: z.literal(type) });
}

const normalizer = z.discriminatedUnion('type', [
  plain('NFC'),
  plain('NFD'),
  plain('NFKC'),
  plain('NFKD'),
  plain('Lowercase'),
  plain('StripAccents'),
  plain('Prepend').extend({ prepend: z.string() }),
  plain('Replace').extend({ pattern, content: z.string() }),
  plain('Strip').extend({ strip_left: z.boolean(), strip_right: z.boolean() }),
  plain('BertNormalizer').extend({
    clean_text: z.boolean(),
    handle_chinese_chars: z.boolean(),
    strip_accents: z.boolean().nullable(),
    lowercase: z.boolean(),
  }),
  plain('Sequence').extend({
    get normalizers() {
      return z.array(normalizer);
    },
  }),
]);

const preTokenizer = z.discriminatedUnion('type', [
  plain('ByteLevel').extend({ add_prefix_space: z.boolean(), use_regex: z.boolean().default(true) }),
  plain('Split').extend({ pattern, behavior, invert: z.boolean().default(false) }),
  plain('Digits').extend({ individual_digits: z.boolean() }),
  plain('Punctuation').extend({ behavior: behavior.default('Isolated') }),
  plain('Metaspace').extend({
    replacement: z.string().length(1),
    prepend_scheme: z.enum(['always', 'first', 'never']).default('always'),
    split: z.boolean().default(true),
  }),
  plain('Whitespace'),
  plain('WhitespaceSplit'),
  plain('BertPreTokenizer'),
  plain('Sequence').extend({
    get pretokenizers() {
      return z.array(preTokenizer);
    },
  }),
]);

const templatePart = z.union([
  z.object({ SpecialToken: z.object({ id: z.string() }) }),
  z.object({ Sequence: z.object({ id: z.enum(['A', 'B']) }) }),
]);
const tokenAndId = z.tuple([z.string(), id]);
const postProcessor = z.discriminatedUnion('type', [
  plain('ByteLevel'),
  plain('TemplateProcessing').extend({
    single: z.array(templatePart),
    special_tokens: z.record(z.string(), z.object({ ids: z.array(id) })),
  }),
  plain('BertProcessing').extend({ sep: tokenAndId, cls: tokenAndId }),
  plain('RobertaProcessing').extend({ sep: tokenAndId, cls: tokenAndId }),
  plain('Sequence').extend({
    get processors() {
      return z.array(postProcessor);
    },
  }),
]);

const decoder = z.discriminatedUnion('type', [
  plain('ByteLevel'),
  plain('ByteFallback'),
  plain('Fuse'),
  plain('Replace').extend({ pattern: literal, content: z.string() }),
  plain('Strip').extend({ content: z.string().length(1), start: z.int().nonnegative(), stop: z.int().nonnegative() }),
  plain('Metaspace').extend({
    replacement: z.string().length(1),
    prepend_scheme: z.enum(['always', 'first', 'never']).default('always'),
  }),
  plain('WordPiece').extend({ prefix: z.string(), cleanup: z.boolean() }),
  plain('BPEDecoder').extend({ suffix: z.string() }),
  plain('Sequence').extend({
    get decoders() {
      return z.array(decoder);
    },
  }),
]);

/** Ids by token: not by zod, which takes a second over a million of them. */
const vocabulary = z.custom<Record<string, number>>(isVocabulary, 'expected ids, from 0 on, by token');

function isVocabulary(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  for (const token in value) if (!isId((value as Record<string, unknown>)[token])) return false;
  return true;
}

function isId(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Pairs of tokens, in the old format (`"a b"`) or in the new one (`["a", "b"]`). */
const merges = z.unknown().transform((value, context): [string, string][] => {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  const pairs = list.map((merge) => (typeof merge === 'string' ? merge.split(' ') : merge));
  const wrong = pairs.findIndex((pair) => !isPair(pair));
  if (wrong < 0) return pairs as [string, string][];
  const path = Array.isArray(value) ? [wrong] : [];
  const message = `expected two tokens, got ${quote(list[wrong])}`;
  context.addIssue({ code: 'custom', path, message });
  return z.NEVER;
});

function isPair(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every((token) => typeof token === 'string' && token);
}

const model = z.discriminatedUnion('type', [
  plain('BPE').extend({
    vocab: vocabulary,
    merges,
    unk_token: z.string().nullish(),
    fuse_unk: z.boolean().nullish(),
    byte_fallback: z.boolean().nullish(),
    ignore_merges: z.boolean().nullish(),
    dropout: z.literal(0, { error: 'drops merges at random, which gives no figure twice' }).nullish(),
    continuing_subword_prefix: z.literal('', { error: 'is not supported' }).nullish(),
    end_of_word_suffix: z.literal('', { error: 'is not supported' }).nullish(),
  }),
  plain('WordPiece').extend({
    vocab: vocabulary,
    unk_token: z.string(),
    continuing_subword_prefix: z.string(),
    max_input_chars_per_word: z.int().positive(),
  }),
  plain('WordLevel').extend({ vocab: vocabulary, unk_token: z.string() }),
  plain('Unigram').extend({
    vocab: z.array(z.tuple([z.string(), z.number()])).min(1),
    unk_id: id.nullish(),
    byte_fallback: z.boolean().nullish(),
  }),
]);

/** A token that is found in the text itself, before the text is cut into words. */
const addedToken = z.object({
  id,
  content: z.string().min(1),
  special: z.boolean().default(false),
  /** Found only where no word goes on before or after it. */
  single_word: z.boolean().default(false),
  /** Swallows the whitespace before it, and after it. */
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
  /** Looked for in the normalized text. */
  normalized: z.boolean().default(true),
});

const definition = z.object({
  added_tokens: z.array(addedToken).default([]),
  normalizer: normalizer.nullish(),
  pre_tokenizer: preTokenizer.nullish(),
  post_processor: postProcessor.nullish(),
  decoder: decoder.nullish(),
  model,
});

export type TokenizerDefinition = z.output<typeof definition>;
export type AddedToken = z.output<typeof addedToken>;
export type NormalizerDefinition = z.output<typeof normalizer>;
export type PreTokenizerDefinition = z.output<typeof preTokenizer>;
export type PostProcessorDefinition = z.output<typeof postProcessor>;
export type DecoderDefinition = z.output<typeof decoder>;
export type BpeModel = Extract<TokenizerDefinition['model'], { type: 'BPE' }>;
export type UnigramModel = Extract<TokenizerDefinition['model'], { type: 'Unigram' }>;
export type SplitBehavior = z.output<typeof behavior>;

/** Checks what a tokenizer.json says; throws a `checkpoint` error that names the key which cannot be used. */
export function parseDefinition(json: JsonObject, file: string): TokenizerDefinition {
  const { data, problem } = check(definition, { ...json, model: typed(json.model) });
  if (problem !== undefined) throw unusable(file, '', problem);
  return data;
}

/** Old files do not tell a model's type. */
function typed(model: Json | undefined): Json {
  if (model === undefined || model === null || typeof model !== 'object' || Array.isArray(model)) return model ?? null;
  if (typeof model.type === 'string') return model;
  const type = 'merges' in model ? 'BPE' : Array.isArray(model.vocab) ? 'Unigram' : 'WordPiece';
  return { ...model, type };
}

/** The error over a tokenizer.json whose `key` cannot be used; `problem` is the end of a sentence about it. */
export function unusable(file: string, key: string, problem: string): HonEvalError {
  return new HonEvalError(
    'checkpoint',
    `The tokenizer file ${file} cannot be used: ${key ? `${key}: ` : ''}${problem}.`,
  );
}
