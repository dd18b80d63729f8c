/** How far training had come, by what trainers leave beside the weights. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parsePythonJson } from '../python/read_json.ts';
import type { OpenPlace } from './place.ts';

const count = z.int().positive();

/** By file, where it has the tokens: transformers' Trainer with `include_num_input_tokens_seen`, and nanotron. */
const states = {
  'trainer_state.json': z.object({ num_input_tokens_seen: count }).transform((state) => state.num_input_tokens_seen),
  'checkpoint_metadata.json': z
    .object({ metas: z.object({ consumed_tokens_total: count }) })
    .transform(({ metas }) => metas.consumed_tokens_total),
};

/** Tokens that a checkpoint was trained on; undefined where no file tells: a state that cannot be read costs no score. */
export async function trainedTokens({
  folder,
  files,
}: Pick<OpenPlace, 'folder' | 'files'>): Promise<number | undefined> {
  for (const [file, schema] of Object.entries(states)) {
    if (!files.includes(file)) continue;
    const text = await readFile(join(folder, file), 'utf8').catch(() => '');
    const tokens = schema.safeParse(parsed(text)).data;
    if (tokens !== undefined) return tokens;
  }
  return undefined;
}

/** As Python writes it: a loss may be NaN. */
function parsed(text: string): unknown {
  try {
    return parsePythonJson(text);
  } catch {
    return undefined;
  }
}
