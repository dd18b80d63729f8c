import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Tokenizer as Library } from '@huggingface/tokenizers';
import { HonEvalError } from '../errors.ts';
import type { Json, JsonObject } from '../json.ts';
import { ByteLevelBpe, type EncodeOptions } from './byte_level_bpe.ts';
import { parseByteLevelBpe } from './byte_level_bpe_definition.ts';
import { readJsonObject } from './files.ts';
import { isGguf } from './gguf/header.ts';
import { readGgufTokenizer } from './gguf/tokenizer_json.ts';
import type { Checkpoint } from './types.ts';

export interface SpecialToken {
  content: string;
  id: number;
}

export interface DecodeOptions {
  skipSpecialTokens?: boolean;
}

export interface Tokenizer {
  /** Token ids, with the tokens that the tokenizer itself adds (a BOS, say) unless told otherwise. */
  encode(text: string, options?: EncodeOptions): number[];
  /** The text of token ids, with special tokens unless told otherwise; ids that are no token's are passed over. */
  decode(ids: number[], options?: DecodeOptions): string;
  readonly bos?: SpecialToken;
  readonly eos?: SpecialToken;
  readonly unk?: SpecialToken;
  /** The unknown token, or else the EOS token, stands in where there is none, as in lm-evaluation-harness. */
  readonly pad?: SpecialToken;
  /** SHA-256 of `tokenizer.json`, in hex. */
  readonly digest: string;
}

type Encoder = Pick<ByteLevelBpe, 'encode' | 'tokenToId'>;
type Role = 'bos' | 'eos' | 'unk' | 'pad';

/** Special tokens of transformers' tokenizer classes, for those that the configuration does not mention. */
const classDefaults: Record<string, Partial<Record<Role, string>>> = {
  GPTNeoXTokenizer: { bos: '<|endoftext|>', eos: '<|endoftext|>', unk: '<|endoftext|>', pad: '<|padding|>' },
  Qwen2Tokenizer: { eos: '<|endoftext|>', unk: '<|endoftext|>', pad: '<|endoftext|>' },
};

const classOfModel: Record<string, string> = { gpt_neox: 'GPTNeoXTokenizer', qwen2: 'Qwen2Tokenizer' };

/**
 * The tokenizer of a checkpoint, as `AutoTokenizer` of transformers 5 loads it: the post-processor of
 * `tokenizer.json` says which special tokens are added, and `add_bos_token` of `tokenizer_config.json` does not count.
 * Throws a `checkpoint` error where a file is missing or malformed.
 */
export async function loadTokenizer(
  checkpoint: Pick<Checkpoint, 'config' | 'tokenizerFile' | 'tokenizerConfigFile'>,
): Promise<Tokenizer> {
  const { tokenizerFile, tokenizerConfigFile } = checkpoint;
  const bytes = await read(tokenizerFile);
  const config = tokenizerConfigFile === undefined ? {} : await readTokenizerConfig(tokenizerConfigFile);
  const className = classOf(config, checkpoint.config);
  const definition = adapt(parse(bytes, tokenizerFile), className);
  checkClass(definition, className, tokenizerFile);
  const library = once(() => createLibrary(definition, config, tokenizerFile));
  const byteLevelBpe = parseByteLevelBpe(definition);
  const encoder = byteLevelBpe ? new ByteLevelBpe(byteLevelBpe) : libraryEncoder(library(), tokenizerFile);
  return {
    ...specialTokens(encoder, config, className),
    digest: createHash('sha256').update(bytes).digest('hex'),
    encode: (text, options) => encoder.encode(text, options),
    decode: (ids, { skipSpecialTokens = false } = {}) => decode(library(), ids, skipSpecialTokens),
  };
}

async function read(file: string): Promise<Buffer> {
  if (!existsSync(file)) {
    throw new HonEvalError('checkpoint', `The checkpoint has no tokenizer: there is no file ${file}.`);
  }
  if (isGguf(file)) return Buffer.from(JSON.stringify((await readGgufTokenizer(file)).definition));
  return readFile(file);
}

/** What tokenizer_config.json says, or the metadata of a GGUF file in its place. */
export async function readTokenizerConfig(file: string): Promise<JsonObject> {
  return isGguf(file) ? (await readGgufTokenizer(file)).config : readJsonObject(file);
}

function parse(bytes: Buffer, file: string): JsonObject {
  let value: Json;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw malformed(file, error);
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw malformed(file, 'not a JSON object');
  return value;
}

function once<T>(create: () => T): () => T {
  let created: { value: T } | undefined;
  return () => {
    created ??= { value: create() };
    return created.value;
  };
}

/** `@huggingface/tokenizers`, for the tokenizers that `ByteLevelBpe` is not for, and for decoding. */
function createLibrary(definition: JsonObject, config: JsonObject, file: string): Library {
  const pre_tokenizer = withUnicodeSpaces(definition.pre_tokenizer ?? null);
  try {
    return new Library({ ...definition, pre_tokenizer }, config);
  } catch (error) {
    throw malformed(file, error);
  }
}

function decode(library: Library, ids: number[], skip_special_tokens: boolean): string {
  // The library refuses to decode nothing.
  if (ids.length === 0) return '';
  return library.decode(ids, { skip_special_tokens, clean_up_tokenization_spaces: false });
}

function libraryEncoder(library: Library, file: string): Encoder {
  return {
    tokenToId: (token) => library.token_to_id(token),
    encode(text, { addSpecialTokens = true } = {}) {
      const { ids, tokens }: { ids: number[]; tokens: string[] } = library.encode(text, {
        add_special_tokens: addSpecialTokens,
      });
      const unknown = ids.findIndex((id) => !Number.isInteger(id));
      if (unknown >= 0) throw malformed(file, `its vocabulary lacks the token ${JSON.stringify(tokens[unknown])}`);
      return ids;
    },
  };
}

function malformed(file: string, reason: unknown): HonEvalError {
  const detail = reason instanceof Error ? reason.message : reason;
  return new HonEvalError('checkpoint', `The tokenizer file ${file} cannot be used: ${detail}.`);
}

function classOf(config: JsonObject, model: JsonObject): string | undefined {
  const named = config.tokenizer_class ?? model.tokenizer_class;
  const className = typeof named === 'string' ? named : classOfModel[String(model.model_type)];
  return className?.replace(/Fast$/, '');
}

/** transformers 5 rebuilds Llama's SentencePiece tokenizer in a way of its own, which is not done here. */
function checkClass({ pre_tokenizer, decoder }: JsonObject, className: string | undefined, file: string): void {
  if (className === 'LlamaTokenizer' && !JSON.stringify([pre_tokenizer, decoder]).includes('"ByteLevel"')) {
    throw malformed(file, 'its class LlamaTokenizer is supported with a byte-level vocabulary only');
  }
}

/** transformers rebuilds this class's post-processor, and adds no special token, whatever the file says. */
function adapt(definition: JsonObject, className: string | undefined): JsonObject {
  return className === 'GPTNeoXTokenizer' ? { ...definition, post_processor: null } : definition;
}

/** Whitespace as Rust's tokenizers has it; JavaScript's `\s` takes U+FEFF in and leaves U+0085 out. */
const byteLevelWords =
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\p{White_Space}\\p{L}\\p{N}]+" +
  '|\\p{White_Space}+(?!\\P{White_Space})|\\p{White_Space}+';

/** Splits words before a byte-level pre-tokenizer, whose own pattern takes whitespace as JavaScript does. */
function withUnicodeSpaces(preTokenizer: Json): Json {
  if (preTokenizer === null || typeof preTokenizer !== 'object' || Array.isArray(preTokenizer)) return preTokenizer;
  const { type, pretokenizers, add_prefix_space, use_regex } = preTokenizer;
  if (type === 'Sequence' && Array.isArray(pretokenizers)) {
    return { ...preTokenizer, pretokenizers: pretokenizers.map(withUnicodeSpaces) };
  }
  if (type !== 'ByteLevel' || use_regex === false || add_prefix_space) return preTokenizer;
  const split = { type: 'Split', pattern: { Regex: byteLevelWords }, behavior: 'Isolated', invert: false };
  return { type: 'Sequence', pretokenizers: [split, { ...preTokenizer, use_regex: false }] };
}

/**
 * The texts of the special tokens by their names, such as `eos_token`, as a chat template is given them: transformers'
 * `special_tokens_map`.
 */
export function specialTokenTexts(config: JsonObject, model: JsonObject): Record<string, string> {
  const className = classOf(config, model);
  const texts = ['bos', 'eos', 'unk', 'sep', 'pad', 'cls', 'mask'].map((role) => [
    `${role}_token`,
    specialTokenText(config, className, role),
  ]);
  return Object.fromEntries(texts.filter(([, text]) => text !== undefined));
}

function specialTokenText(config: JsonObject, className = '', role: string): string | undefined {
  const configured = config[`${role}_token`];
  return contentOf(configured === undefined ? classDefaults[className]?.[role as Role] : configured);
}

function specialTokens(encoder: Encoder, config: JsonObject, className?: string): Partial<Record<Role, SpecialToken>> {
  const find = (role: Role): SpecialToken | undefined => {
    const content = specialTokenText(config, className, role);
    const id = content === undefined ? undefined : encoder.tokenToId(content);
    return content === undefined || id === undefined ? undefined : { content, id };
  };
  const [bos, eos, unk] = [find('bos'), find('eos'), find('unk')];
  return { bos, eos, unk, pad: find('pad') ?? unk ?? eos };
}

/** A special token is written as a string or as an `AddedToken` object. */
function contentOf(token: Json | undefined): string | undefined {
  if (token !== null && typeof token === 'object' && !Array.isArray(token)) return contentOf(token.content);
  return typeof token === 'string' ? token : undefined;
}
