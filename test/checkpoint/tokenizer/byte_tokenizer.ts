import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { loadTokenizer, type Tokenizer } from '../../../src/checkpoint/tokenizer/tokenizer.ts';
import type { Json, JsonObject } from '../../../src/json.ts';

/** GPT-2's letters for the 256 bytes: printable ones stand for themselves, the others follow from U+0100 on. */
function byteLetters(): string[] {
  let next = 256;
  const printable = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(printable(byte) ? byte : next++));
}

/**
 * A byte-level `tokenizer.json`: bytes are tokens 0 to 255, merges (of two letters each) follow, and then come the
 * special tokens `<bos>` and `<eos>`.
 */
export function byteTokenizer(merges: string[] = [], postProcessor: Json = null): JsonObject {
  const tokens = [...byteLetters(), ...merges.map((merge) => merge.replace(' ', ''))];
  const added = ['<bos>', '<eos>'].map((content, i) => ({
    ...{ id: tokens.length + i, content, special: true },
    ...{ single_word: false, lstrip: false, rstrip: false, normalized: false },
  }));
  return {
    version: '1.0',
    added_tokens: added,
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true },
    post_processor: postProcessor,
    decoder: { type: 'ByteLevel' },
    model: { type: 'BPE', vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), merges },
  };
}

/** A post-processor that puts `<bos>` (token `id`) before every text. */
export function bosTemplate(id: number): JsonObject {
  const single: Json = [{ SpecialToken: { id: '<bos>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }];
  return {
    type: 'TemplateProcessing',
    single,
    pair: single,
    special_tokens: { '<bos>': { id: '<bos>', ids: [id], tokens: ['<bos>'] } },
  };
}

/** A folder for the test that is running. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hon-eval-tokenizer-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** Writes the files of a tokenizer to a folder and loads it; `files` are others, by name. */
export async function load(
  definition: JsonObject,
  config?: JsonObject,
  model: JsonObject = {},
  files: Record<string, JsonObject> = {},
): Promise<Tokenizer> {
  const folder = await temporaryFolder();
  const all = { 'tokenizer.json': definition, ...(config && { 'tokenizer_config.json': config }), ...files };
  for (const [name, content] of Object.entries(all)) await writeFile(join(folder, name), JSON.stringify(content));
  const path = (name: string) => (Object.hasOwn(all, name) ? join(folder, name) : undefined);
  return loadTokenizer({
    config: model,
    tokenizerFile: join(folder, 'tokenizer.json'),
    tokenizerConfigFile: path('tokenizer_config.json'),
    specialTokensMapFile: path('special_tokens_map.json'),
  });
}
