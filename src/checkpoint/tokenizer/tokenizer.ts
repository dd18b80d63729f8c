import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { HonEvalError } from '../../errors.ts';
import { deepestJson, isTooDeep, type Json, type JsonObject } from '../../json.ts';
import { sha256 } from '../../sha256.ts';
import { isGguf } from '../gguf/header.ts';
import { readGgufTokenizer } from '../gguf/tokenizer_json.ts';
import { asItIs, autoTokenizer, tokenizerClass } from './auto_tokenizer.ts';
import { largestId } from './largest_id.ts';
import { LimitedEncoder } from './limited.ts';
import { createPipeline, type DecodeOptions, type EncodeOptions } from './pipeline.ts';
import { parseDefinition, unusable } from './schema.ts';
import { contentOf, type Role, readSettings, specialTokens, type TokenizerSource } from './settings.ts';
import type { RareStages } from './text_stages.ts';

export interface SpecialToken {
  content: string;
  id: number;
}

export interface Tokenizer {
  /** Token ids, with the tokens that the tokenizer itself adds (a BOS, say) unless told otherwise. */
  encode(text: string, options?: EncodeOptions): number[];
  /** The text of token ids, with special tokens unless told otherwise; ids that are no token's are passed over. */
  decode(ids: readonly number[], options?: DecodeOptions): string;
  readonly bos?: SpecialToken;
  readonly eos?: SpecialToken;
  readonly unk?: SpecialToken;
  /** The unknown token, or else the EOS token, stands in where there is none, as in lm-evaluation-harness. */
  readonly pad?: SpecialToken;
  /** SHA-256 of `tokenizer.json`, in hex. */
  readonly digest: string;
  /** SHA-256 of all that it is made of, in hex: tokenizers of one key give the same tokens. */
  readonly key: string;
  /** The largest id of its tokens. */
  readonly largestId: number;
}

/**
 * The tokenizer of a checkpoint, as `AutoTokenizer` of transformers 5 loads it: the post-processor of
 * `tokenizer.json` says which special tokens are added, and `add_bos_token` of `tokenizer_config.json` does not count.
 * Throws a `checkpoint` error where a file is missing, malformed, or asks for what is not done here.
 *
 * @param known The tokenizer of another checkpoint, which is given where this one's is the same.
 */
export async function loadTokenizer(files: TokenizerSource, known?: Tokenizer): Promise<Tokenizer> {
  const { tokenizerFile: file } = files;
  const bytes = await read(file);
  const settings = await readSettings(files);
  const digest = sha256(bytes);
  const key = sha256(JSON.stringify([digest, isGguf(file), settings, files.config]));
  return known?.key === key ? known : makeTokenizer(files, bytes, settings, { digest, key });
}

function makeTokenizer(
  files: TokenizerSource,
  bytes: Buffer,
  settings: JsonObject,
  names: Pick<Tokenizer, 'digest' | 'key'>,
): Tokenizer {
  const { tokenizerFile: file } = files;
  const json = parse(bytes, file);
  const className = classOf(files, settings, json);
  const definition = parseDefinition(autoTokenizer(json, settings, className, file), file);
  let isLimited = false;
  const noted = <T>(stage: T) => {
    isLimited = true;
    return stage;
  };
  const placeholders: RareStages = { normalizer: () => noted((text) => text), cut: () => noted((text) => [text]) };
  const pipeline = createPipeline(definition, file, placeholders);
  const encoder = isLimited ? new LimitedEncoder(definition, file) : pipeline;
  // A pattern that cannot be used shows before any text is encoded.
  if (isLimited) encoder.encode('');
  const find = (role: Role) => findSpecial(specialTokens(settings, className).get(role), pipeline);
  const [bos, eos, unk] = [find('bos'), find('eos'), find('unk')];
  return {
    ...{ bos, eos, unk, pad: find('pad') ?? unk ?? eos },
    ...names,
    largestId: largestId(definition),
    encode: (text, options) => encoder.encode(text, options),
    decode: (ids, options) => pipeline.decode(ids, options),
  };
}

/** A GGUF file says all there is to say. */
function classOf({ config, tokenizerFile }: TokenizerSource, settings: JsonObject, json: JsonObject): string {
  return isGguf(tokenizerFile) ? asItIs : tokenizerClass(settings, config, json);
}

/** A tokenizer.json, or what one would say of a GGUF file's vocabulary. */
async function read(file: string): Promise<Buffer> {
  if (!existsSync(file))
    throw new HonEvalError('checkpoint', `The checkpoint has no tokenizer: there is no file ${file}.`);
  if (isGguf(file)) return Buffer.from(JSON.stringify((await readGgufTokenizer(file)).definition));
  return readFile(file);
}

function parse(bytes: Buffer, file: string): JsonObject {
  let value: Json;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw unusable(file, '', (error as Error).message);
  }
  if (isTooDeep(value)) throw unusable(file, '', `more than ${deepestJson} levels of lists and objects`);
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw unusable(file, '', 'not a JSON object');
  return value;
}

function findSpecial(
  token: Json | undefined,
  pipeline: { tokenToId(token: string): number | undefined },
): SpecialToken | undefined {
  const content = contentOf(token);
  const id = content === undefined ? undefined : pipeline.tokenToId(content);
  return content === undefined || id === undefined ? undefined : { content, id };
}

/**
 * The texts of the special tokens by their names, such as `eos_token`, as a chat template is given them: transformers'
 * `special_tokens_map`.
 */
export async function specialTokenTexts(files: TokenizerSource): Promise<Record<string, string>> {
  const settings = await readSettings(files);
  const json = parse(await read(files.tokenizerFile), files.tokenizerFile);
  const className = classOf(files, settings, json);
  const texts = [...specialTokens(settings, className)].map(([role, token]) => [`${role}_token`, contentOf(token)]);
  return Object.fromEntries(texts);
}

/** Throws a `checkpoint` error where a model of `vocabularySize` tokens has no token `id`. */
export function checkVocabulary(ids: readonly number[], vocabularySize: number, place: string): void {
  const id = ids.find((each) => each >= vocabularySize);
  if (id !== undefined)
    throw new HonEvalError(
      'checkpoint',
      `${place}: the tokenizer gives token ${id}, but the model's vocabulary has ${vocabularySize}; ` +
        'is this the tokenizer that the model was trained with?',
    );
}
