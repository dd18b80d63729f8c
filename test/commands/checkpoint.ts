/** Tiny checkpoints in folders: random weights, and bytes for tokens. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '../../src/json.ts';
import type { HonSetting } from '../../src/model/hon.ts';
import { byteTokenizer } from '../checkpoint/tokenizer/byte_tokenizer.ts';
import type { Weights } from '../model/naive_gpt_neox.ts';
import { randomWeights, tinyConfig, writeSafetensors } from '../model/tiny_checkpoint.ts';

/** The byte-level tokenizer's 256 bytes and two special tokens. */
const vocabularySize = 258;

const base = { ...tinyConfig, vocab_size: vocabularySize, max_position_embeddings: 512 };

export interface CheckpointChanges {
  /** Keys of config.json. */
  config?: JsonObject;
  hon?: HonSetting;
  /** Changes the weights before they are written. */
  weights?(weights: Weights): void;
  /** Changes the file of the weights. */
  safetensors?(file: Buffer): Uint8Array;
  /** Files by their name, in the place of what they would be; null for none. */
  files?: Record<string, string | Uint8Array | null>;
}

/** Writes a checkpoint that is fine but for the changes. */
export function writeCheckpoint(folder: string, changes: CheckpointChanges = {}): string {
  const { config, hon, safetensors = (file) => file } = changes;
  const weights = randomWeights(base, hon);
  changes.weights?.(weights);
  mkdirSync(folder, { recursive: true });
  writeSafetensors(folder, weights);
  const files: Required<CheckpointChanges>['files'] = {
    'model.safetensors': safetensors(readFileSync(join(folder, 'model.safetensors'))),
    'config.json': JSON.stringify({ ...base, ...(hon && { hon }), ...config }),
    'tokenizer.json': JSON.stringify(byteTokenizer()),
    'tokenizer_config.json': JSON.stringify({ bos_token: '<bos>', eos_token: '<eos>' }),
    ...changes.files,
  };
  for (const [name, content] of Object.entries(files)) {
    if (content === null) rmSync(join(folder, name), { force: true });
    else writeFileSync(join(folder, name), content);
  }
  return folder;
}
