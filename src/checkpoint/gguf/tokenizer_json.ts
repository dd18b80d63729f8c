/** The vocabulary in a GGUF file as tokenizer.json and tokenizer_config.json of Python's tokenizers and transformers. */
import type { Json, JsonObject } from '../../json.ts';
import { check } from '../../schema.ts';
import { damaged } from '../files.ts';
import { type GgufHeader, readGgufHeader } from './header.ts';
import { sentencePieceDefinition } from './sentence_pieces.ts';
import { type Vocabulary, vocabularySchema } from './vocabulary.ts';
import { wordPattern } from './word_patterns.ts';

/** llama.cpp's `llama_token_type`. */
const controlType = 3;
const userDefinedType = 4;

export interface TokenizerJson {
  /** As tokenizer.json has it. */
  definition: JsonObject;
  /** As tokenizer_config.json has it. */
  config: JsonObject;
}

/** Throws a `checkpoint` error where the file has no vocabulary, or one that is not read. */
export async function readGgufTokenizer(path: string): Promise<TokenizerJson> {
  return ggufTokenizer(await readGgufHeader(path));
}

export function ggufTokenizer({ file, metadata }: Pick<GgufHeader, 'file' | 'metadata'>): TokenizerJson {
  const { data, problem } = check(vocabularySchema, plainIds(metadata));
  const otherwise = 'name the tokenizer of the model that it was made from with --tokenizer';
  if (problem !== undefined) throw damaged(file, `${problem}; ${otherwise}`);
  const model = data['tokenizer.ggml.model'];
  const define = { gpt2: byteLevelDefinition, llama: sentencePieceDefinition }[model];
  const definition = define?.(data);
  if (!definition) {
    const kind = define ? `the pre-tokenizer "${data['tokenizer.ggml.pre']}"` : `the kind "${model}"`;
    throw damaged(file, `its vocabulary is of ${kind}, which hon-eval does not know; ${otherwise}`);
  }
  return {
    definition: {
      version: '1.0',
      added_tokens: addedTokens(data),
      ...definition,
      post_processor: postProcessor(data, addsBos(data)),
    },
    config: tokenizerConfig(data),
  };
}

/** Ids may be integers of 64 bits. */
function plainIds(metadata: GgufHeader['metadata']): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(metadata).map(([key, value]) => [key, typeof value === 'bigint' ? Number(value) : value]),
  );
}

function byteLevelDefinition(data: Vocabulary): JsonObject | undefined {
  const pattern = wordPattern(data['tokenizer.ggml.pre']);
  const { 'tokenizer.ggml.merges': merges, 'tokenizer.ggml.tokens': tokens } = data;
  if (!pattern || !merges) return undefined;
  const splits = pattern.patterns.map((Regex) => ({
    type: 'Split',
    pattern: { Regex },
    behavior: 'Isolated',
    invert: false,
  }));
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false };
  return {
    normalizer: pattern.normalizer ?? null,
    pre_tokenizer: { type: 'Sequence', pretokenizers: [...splits, byteLevel] },
    decoder: { ...byteLevel, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: pattern.ignoreMerges ?? false,
      vocab: idsOf(tokens),
      merges,
    },
  };
}

/** Ids by tokens; of several with one text the first is meant. */
export function idsOf(tokens: readonly string[]): JsonObject {
  const ids: JsonObject = {};
  for (let id = tokens.length - 1; id >= 0; id--) ids[tokens[id]] = id;
  return ids;
}

function addedTokens(data: Vocabulary): Json {
  const types = data['tokenizer.ggml.token_type'] ?? [];
  return data['tokenizer.ggml.tokens'].flatMap((content, id) => {
    if (types[id] !== controlType && types[id] !== userDefinedType) return [];
    const special = types[id] === controlType;
    return [{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special }];
  });
}

/** What llama.cpp does where the file does not say: a vocabulary of SentencePiece and Llama 3's begin with one. */
function addsBos(data: Vocabulary): boolean {
  const usual = data['tokenizer.ggml.model'] === 'llama' || wordPattern(data['tokenizer.ggml.pre'])?.addsBos === true;
  return data['tokenizer.ggml.add_bos_token'] ?? usual;
}

function postProcessor(data: Vocabulary, bos: boolean): Json {
  const token = (id: number | undefined) => (id === undefined ? undefined : data['tokenizer.ggml.tokens'][id]);
  const first = bos ? token(data['tokenizer.ggml.bos_token_id']) : undefined;
  const last = data['tokenizer.ggml.add_eos_token'] ? token(data['tokenizer.ggml.eos_token_id']) : undefined;
  if (first === undefined && last === undefined) return null;
  const special = (id: string | undefined) => (id === undefined ? [] : [{ SpecialToken: { id, type_id: 0 } }]);
  const sequence = (name: string) => [...special(first), { Sequence: { id: name, type_id: 0 } }, ...special(last)];
  const tokens = [first, last].filter((text) => text !== undefined);
  const entries = tokens.map((text) => [
    text,
    { id: text, ids: [data['tokenizer.ggml.tokens'].indexOf(text)], tokens: [text] },
  ]);
  return {
    type: 'TemplateProcessing',
    single: sequence('A'),
    pair: [...sequence('A'), ...sequence('B')],
    special_tokens: Object.fromEntries(entries),
  };
}

function tokenizerConfig(data: Vocabulary): JsonObject {
  const roles = { bos: 'bos', eos: 'eos', unk: 'unknown', pad: 'padding' } as const;
  const tokens = Object.entries(roles).map(([role, name]) => {
    const id = data[`tokenizer.ggml.${name}_token_id`];
    return [`${role}_token`, id === undefined ? null : (data['tokenizer.ggml.tokens'][id] ?? null)];
  });
  const template = data['tokenizer.chat_template'];
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    ...Object.fromEntries(tokens),
    ...(template !== undefined && { chat_template: template }),
  };
}
