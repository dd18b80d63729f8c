/**
 * The tokenizer that `AutoTokenizer` of transformers 5 makes of a checkpoint's files: some classes take tokenizer.json
 * as it is, others take its vocabulary and its merges, and build the rest anew (tokenization_auto.py and
 * tokenization_utils_tokenizers.py).
 */
import type { Json, JsonObject } from '../../json.ts';
import { unusable } from './schema.ts';
import { contentOf, specialTokens } from './settings.ts';
import { qwen2Words } from './text_stages.ts';

/** Takes tokenizer.json as it is. */
export const asItIs = 'TokenizersBackend';

/** The class of a model's tokenizer, by `model_type`; those that have none here take tokenizer.json as it is. */
const classOfModel: Record<string, string> = {
  gpt_neox: 'GPTNeoXTokenizer',
  olmo: 'GPTNeoXTokenizer',
  gpt2: 'GPT2Tokenizer',
  opt: 'GPT2Tokenizer',
  phi: 'GPT2Tokenizer',
  starcoder2: 'GPT2Tokenizer',
  qwen2: 'Qwen2Tokenizer',
  qwen3: 'Qwen2Tokenizer',
  gemma: 'GemmaTokenizer',
  gemma2: 'GemmaTokenizer',
  gemma3: 'GemmaTokenizer',
  gemma3_text: 'GemmaTokenizer',
  ...Object.fromEntries(['granite', 'mistral', 'olmo2', 'olmo3', 'phi3', 'stablelm'].map((type) => [type, asItIs])),
};
/** Models whose own class counts, whatever their files name (`MODELS_WITH_INCORRECT_HUB_TOKENIZER_CLASS`). */
const modelsWithWrongClass = new Set(['qwen2', 'phi3']);

/** Classes of transformers that build their tokenizers in ways of their own, which are not done here. */
const otherClasses = new Set(
  (
    'Albert Barthez Bert BigBird Blenderbot Camembert CLIP CodeLlama CodeGen Cohere Deberta DebertaV2 Esmc Funnel ' +
    'Herbert Lasr LayoutLMv2 LayoutLMv3 LayoutXLM Luke MarkupLM MBart MBart50 MLuke MPNet Nllb Nougat OpenAIGPT ' +
    'Parakeet Pegasus Reformer RemBert Roberta SeamlessM4T Siglip2 Splinter T5 Tipsv2 Udop VideoPrism Whisper XGLM ' +
    'XLMRoberta XLNet'
  )
    .split(' ')
    .map((name) => `${name}Tokenizer`),
);

/** What a class builds anew: all of tokenizer.json but the vocabulary, the merges and, often, the post-processor. */
type Rebuild = (settings: JsonObject, file: JsonObject) => JsonObject;

const byteLevel = (settings: JsonObject, use_regex = true) => ({
  type: 'ByteLevel',
  add_prefix_space: settings.add_prefix_space === true,
  use_regex,
});
const isolated = (regex: string) => ({
  type: 'Split',
  pattern: { Regex: regex },
  behavior: 'Isolated',
  invert: false,
});
const toSpaces = { type: 'Replace', pattern: { String: '▁' }, content: ' ' };

const rebuilds: Record<string, Rebuild> = {
  GPTNeoXTokenizer: (settings) => ({
    normalizer: { type: 'NFC' },
    pre_tokenizer: byteLevel(settings),
    decoder: { type: 'ByteLevel' },
    // Its own, which adds a BOS where `add_bos_token` says so; but that is passed over where there is a tokenizer.json.
    post_processor: null,
  }),
  GPT2Tokenizer: (settings) => ({ pre_tokenizer: byteLevel(settings), decoder: { type: 'ByteLevel' } }),
  Qwen2Tokenizer: (settings) => ({
    normalizer: { type: 'NFC' },
    pre_tokenizer: { type: 'Sequence', pretokenizers: [isolated(qwen2Words), byteLevel(settings, false)] },
    decoder: { type: 'ByteLevel' },
  }),
  LlamaTokenizer(settings) {
    const prefixes = settings.add_prefix_space !== false;
    const scheme = settings.legacy === true ? 'always' : 'first';
    const strip = { type: 'Strip', content: ' ', start: 1, stop: 0 };
    return {
      model: { fuse_unk: true, byte_fallback: true },
      pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: prefixes ? scheme : 'never', split: false },
      decoder: {
        type: 'Sequence',
        decoders: [toSpaces, { type: 'ByteFallback' }, { type: 'Fuse' }, ...(prefixes ? [strip] : [])],
      },
    };
  },
  GemmaTokenizer: (settings) => ({
    model: { fuse_unk: true, byte_fallback: true, unk_token: contentOf(settings.unk_token) ?? '<unk>' },
    normalizer: { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
    pre_tokenizer: { type: 'Split', pattern: { String: ' ' }, behavior: 'MergedWithPrevious', invert: false },
    decoder: { type: 'Sequence', decoders: [toSpaces, { type: 'ByteFallback' }, { type: 'Fuse' }] },
  }),
};

/** The name of the class that AutoTokenizer takes, without `Fast`. */
export function tokenizerClass(settings: JsonObject, model: JsonObject, file: JsonObject): string {
  const type = typeof model.model_type === 'string' ? model.model_type : '';
  const named = [settings.tokenizer_class, model.tokenizer_class].find(
    (name) => typeof name === 'string' && name !== '',
  );
  const declared = typeof named === 'string' ? named.replace(/Fast$/, '') : undefined;
  const registered = Object.hasOwn(classOfModel, type) ? classOfModel[type] : undefined;
  if (declared === 'LlamaTokenizer' && !modelsWithWrongClass.has(type) && isByteLevel(file)) return asItIs;
  if (declared === undefined) return registered ?? asItIs;
  if (registered === asItIs) return asItIs;
  const chosen = registered !== undefined && modelsWithWrongClass.has(type) ? registered : declared;
  return Object.hasOwn(rebuilds, chosen) || otherClasses.has(chosen) ? chosen : asItIs;
}

/** transformers' `_tokenizer_json_has_byte_level`. */
function isByteLevel({ pre_tokenizer, decoder }: JsonObject): boolean {
  return JSON.stringify([pre_tokenizer ?? null, decoder ?? null]).includes('"ByteLevel"');
}

/** tokenizer.json as the class rebuilds it, with the tokens that the other files add. */
export function autoTokenizer(file: JsonObject, settings: JsonObject, className: string, path: string): JsonObject {
  if (otherClasses.has(className)) throw unusable(path, 'tokenizer_class', `${className} is not supported`);
  for (const key of ['split_special_tokens', 'fix_mistral_regex'])
    if (settings[key] === true) throw unusable(path, key, 'true is not supported');
  const rebuilt = Object.hasOwn(rebuilds, className) ? rebuild(file, settings, className, path) : file;
  return { ...rebuilt, added_tokens: addTokens(file, rebuilt, settings, className) };
}

function rebuild(file: JsonObject, settings: JsonObject, className: string, path: string): JsonObject {
  const { vocab, merges } = objectOf(file.model);
  if (typeof vocab !== 'object' || vocab === null || Array.isArray(vocab))
    throw unusable(path, 'model.vocab', `${className} takes ids by token`);
  const { model, ...stages } = rebuilds[className](settings, file);
  const { post_processor = null } = file;
  return {
    added_tokens: [],
    post_processor,
    ...stages,
    model: { type: 'BPE', vocab, merges: merges ?? [], ...objectOf(model) },
  };
}

/**
 * Added tokens: those of tokenizer.json where the class takes it as it is; then, with the ids that they have or the next
 * ones, those of `added_tokens_decoder`, or else of tokenizer.json, and the special tokens that are not among them.
 */
function addTokens(file: JsonObject, rebuilt: JsonObject, settings: JsonObject, className: string): Json[] {
  const own = arrayOf(rebuilt.added_tokens);
  const vocabulary = objectOf(objectOf(rebuilt.model).vocab);
  const added = new Map(own.map((token) => [contentOf(token), token] as const));
  const { added_tokens_decoder: decoder } = settings;
  const listed: Json[] = decoder
    ? Object.entries(objectOf(decoder))
        .sort(([a], [b]) => Number(a) - Number(b))
        .map(([, token]) => token)
    : arrayOf(file.added_tokens).toSorted((a, b) => Number(objectOf(a).id) - Number(objectOf(b).id));
  const byRole = [...specialTokens(settings, className).values()];
  const named = new Set(byRole.map(contentOf));
  const special = [...byRole, ...extraTokens(settings)].filter(
    (token) => !added.has(contentOf(token)) && !listed.some((other) => contentOf(other) === contentOf(token)),
  );
  let next = vocabularySize(rebuilt.model);
  for (const token of own) next = Math.max(next, Number(objectOf(token).id) + 1);
  for (const token of [
    ...listed,
    ...special.map((each) => ({ ...objectOf(each), content: contentOf(each)!, special: true })),
  ]) {
    const content = contentOf(token);
    if (content === undefined || content === '') continue;
    const known = Object.hasOwn(vocabulary, content) ? vocabulary[content] : undefined;
    const id = objectOf(added.get(content)).id ?? known ?? next++;
    added.set(content, complete(objectOf(token), content, id, named.has(content)));
  }
  return [...added.values()];
}

function vocabularySize(model: Json | undefined): number {
  const { vocab } = objectOf(model);
  return Array.isArray(vocab) ? vocab.length : Object.keys(objectOf(vocab)).length;
}

/** As `AddedToken` of Python's `tokenizers` completes it. */
function complete(token: JsonObject, content: string, id: Json, isNamed: boolean): JsonObject {
  const { special: marked = false, single_word = false, lstrip = false, rstrip = false } = token;
  const special = marked === true || isNamed;
  return { id, content, special, single_word, lstrip, rstrip, normalized: token.normalized ?? marked !== true };
}

function extraTokens(settings: JsonObject): Json[] {
  const extra = settings.extra_special_tokens ?? settings.additional_special_tokens ?? [];
  return Array.isArray(extra) ? extra : Object.values(objectOf(extra));
}

function objectOf(value: Json | undefined): JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {};
}

function arrayOf(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}
