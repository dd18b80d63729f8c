import { Buffer } from 'node:buffer';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The part of a standard GPT-NeoX's config.json that its tensors depend on. */
export interface RecipeConfig {
  vocab_size: number;
  hidden_size: number;
  num_hidden_layers: number;
  intermediate_size: number;
  [key: string]: unknown;
}

/**
 * Writes a checkpoint whose weights are a formula, bit for bit what test/python/recipe.py writes; the formula is
 * described there. `tokenizerFile` is copied beside it.
 */
export function writeRecipe(folder: string, config: RecipeConfig, tokenizerFile: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  writeFileSync(join(folder, 'model.safetensors'), recipeSafetensors(config));
  copyFileSync(tokenizerFile, join(folder, 'tokenizer.json'));
  const end = '<|endoftext|>';
  const special = { tokenizer_class: 'GPTNeoXTokenizer', bos_token: end, eos_token: end, unk_token: end };
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(special));
}

/** The bytes of model.safetensors. */
export function recipeSafetensors(config: RecipeConfig): Buffer {
  const header: Record<string, object> = {};
  const parts: Buffer[] = [];
  let end = 0;
  recipeShapes(config).forEach(([name, shape], tensor) => {
    const count = shape.reduce((product, size) => product * size, 1);
    header[name] = { dtype: 'F32', shape, data_offsets: [end, end + 4 * count] };
    end += 4 * count;
    parts.push(Buffer.from(recipeWeights(tensor, count).buffer));
  });
  const json = JSON.stringify(header);
  const text = Buffer.from(json.padEnd(8 * Math.ceil(json.length / 8)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, ...parts]);
}

function recipeWeights(tensor: number, count: number): Float32Array<ArrayBuffer> {
  const start = Math.imul(tensor, 0x9e3779b1);
  return Float32Array.from({ length: count }, (_, i) => (hash(start + i) >>> 8) / 2 ** 23 - 1);
}

/** MurmurHash3's finalizer. */
function hash(x: number): number {
  let h = x | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Names and shapes, sorted by name. */
function recipeShapes(config: RecipeConfig): [name: string, shape: number[]][] {
  const { vocab_size: vocabulary, hidden_size: width, intermediate_size: inner } = config;
  const modules: [string, number[]][] = [['gpt_neox.final_layer_norm', [width]]];
  for (let index = 0; index < config.num_hidden_layers; index++) {
    const layer = `gpt_neox.layers.${index}`;
    modules.push(
      [`${layer}.input_layernorm`, [width]],
      [`${layer}.post_attention_layernorm`, [width]],
      [`${layer}.attention.query_key_value`, [3 * width, width]],
      [`${layer}.attention.dense`, [width, width]],
      [`${layer}.mlp.dense_h_to_4h`, [inner, width]],
      [`${layer}.mlp.dense_4h_to_h`, [width, inner]],
    );
  }
  const tensors = modules.flatMap(([name, shape]): [string, number[]][] => [
    [`${name}.weight`, shape],
    [`${name}.bias`, shape.slice(0, 1)],
  ]);
  tensors.push(['gpt_neox.embed_in.weight', [vocabulary, width]], ['embed_out.weight', [vocabulary, width]]);
  return tensors.sort(([a], [b]) => (a < b ? -1 : 1));
}
