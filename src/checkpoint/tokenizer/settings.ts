/** What a checkpoint's files say about its tokenizer beside tokenizer.json, as transformers 5 reads them. */
import type { Json, JsonObject } from '../../json.ts';
import { readJsonObject } from '../files.ts';
import { isGguf } from '../gguf/header.ts';
import { readGgufTokenizer } from '../gguf/tokenizer_json.ts';
import type { Checkpoint } from '../types.ts';

/** The files that a tokenizer is made of. */
export type TokenizerSource = Pick<
  Checkpoint,
  'config' | 'tokenizerFile' | 'tokenizerConfigFile' | 'specialTokensMapFile'
>;

export const roles = ['bos', 'eos', 'unk', 'sep', 'pad', 'cls', 'mask'] as const;
export type Role = (typeof roles)[number];

/**
 * What `tokenizer_config.json` says. `special_tokens_map.json` has the last word, but only where there is no
 * `added_tokens_decoder`, which files have since transformers 4.34.
 */
export async function readSettings({
  tokenizerConfigFile,
  specialTokensMapFile,
}: TokenizerSource): Promise<JsonObject> {
  const settings = tokenizerConfigFile === undefined ? {} : await readTokenizerConfig(tokenizerConfigFile);
  if (specialTokensMapFile === undefined || 'added_tokens_decoder' in settings) return settings;
  return { ...settings, ...(await readJsonObject(specialTokensMapFile)) };
}

/** What tokenizer_config.json says, or the metadata of a GGUF file in its place. */
export async function readTokenizerConfig(file: string): Promise<JsonObject> {
  return isGguf(file) ? (await readGgufTokenizer(file)).config : readJsonObject(file);
}

/** Special tokens of transformers' tokenizer classes, for those that no file mentions. */
const classDefaults: Record<string, Partial<Record<Role, string>>> = {
  GPTNeoXTokenizer: { bos: '<|endoftext|>', eos: '<|endoftext|>', unk: '<|endoftext|>', pad: '<|padding|>' },
  GPT2Tokenizer: { bos: '<|endoftext|>', eos: '<|endoftext|>', unk: '<|endoftext|>' },
  Qwen2Tokenizer: { eos: '<|endoftext|>', unk: '<|endoftext|>', pad: '<|endoftext|>' },
  LlamaTokenizer: { bos: '<s>', eos: '</s>', unk: '<unk>' },
  GemmaTokenizer: { bos: '<bos>', eos: '<eos>', unk: '<unk>', pad: '<pad>', mask: '<mask>' },
};

/** The special tokens by role: as written, a text or an `AddedToken` object. */
export function specialTokens(settings: JsonObject, className: string): Map<Role, string | JsonObject> {
  const tokens = roles.flatMap((role): [Role, string | JsonObject][] => {
    const configured = settings[`${role}_token`];
    const token = configured === undefined ? classDefaults[className]?.[role] : configured;
    return contentOf(token) === undefined ? [] : [[role, token as string | JsonObject]];
  });
  return new Map(tokens);
}

/** A special token is written as a string or as an `AddedToken` object. */
export function contentOf(token: Json | undefined): string | undefined {
  if (token !== null && typeof token === 'object' && !Array.isArray(token)) return contentOf(token.content);
  return typeof token === 'string' ? token : undefined;
}
