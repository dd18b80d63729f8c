import type { Json } from '../json.ts';
import { damaged, readJsonObject } from './files.ts';
import type { Tokenizer } from './tokenizer/tokenizer.ts';
import type { Checkpoint } from './types.ts';

/**
 * Ids of the tokens that end a text: `eos_token_id` of `generation_config.json`, which transformers and vLLM heed, and
 * the tokenizer's EOS; where there is no such file, that of `config.json`. Throws a `checkpoint` error where it is
 * malformed.
 */
export async function endTokens(
  { config, generationConfigFile }: Pick<Checkpoint, 'config' | 'generationConfigFile'>,
  tokenizer: Pick<Tokenizer, 'eos'>,
): Promise<number[]> {
  const generation = generationConfigFile === undefined ? config : await readJsonObject(generationConfigFile);
  const ids = parseIds(generation.eos_token_id ?? null);
  if (!ids)
    throw damaged(generationConfigFile ?? 'config.json', 'its eos_token_id is neither an id nor a list of them');
  return [...new Set([...ids, ...(tokenizer.eos ? [tokenizer.eos.id] : [])])];
}

function parseIds(value: Json): number[] | null {
  const ids = value === null ? [] : Array.isArray(value) ? value : [value];
  return ids.every((id) => typeof id === 'number' && Number.isSafeInteger(id)) ? (ids as number[]) : null;
}
