/** A checkpoint whose next token depends on the last one alone, so that what it writes is known. */
import { type CheckpointChanges, writeCheckpoint } from '../../commands/checkpoint.ts';
import type { Weights } from '../../model/naive_gpt_neox.ts';

/** Id of `<eos>` in the byte tokenizer. */
export const eos = 257;

/**
 * What may follow each character, each with the same probability; `''` ends the text. Characters that are not here are
 * followed by anything.
 */
export type Chain = Record<string, string[]>;

/** Writes the checkpoint; its window has 512 tokens, which are bytes. */
export function writeChainModel(folder: string, chain: Chain, files: CheckpointChanges['files'] = {}): string {
  return writeCheckpoint(folder, { weights: (weights) => forge(weights, chain), files });
}

/** Layers add nothing, and embeddings are orthogonal, so that an output row meets what it follows and nothing else. */
function forge(weights: Weights, chain: Chain): void {
  const zero = /attention\.dense|dense_4h_to_h|embed_out|final_layer_norm\.bias/;
  for (const name of Object.keys(weights)) if (zero.test(name)) valuesOf(weights, name).fill(0);
  valuesOf(weights, 'gpt_neox.final_layer_norm.weight').fill(1);
  const embedding = valuesOf(weights, 'gpt_neox.embed_in.weight');
  const output = valuesOf(weights, 'embed_out.weight');
  const [, size] = weights['embed_out.weight'].shape;
  for (const [i, [character, nexts]] of Object.entries(chain).entries()) {
    if (2 * i >= size) throw new RangeError(`a chain of more than ${size / 2} characters`);
    const token = character.charCodeAt(0);
    const direction = Array.from({ length: size }, (_, axis) => (axis === 2 * i ? 1 : axis === 2 * i + 1 ? -1 : 0));
    embedding.set(direction, token * size);
    for (const next of nexts) {
      const row = next === '' ? eos : next.charCodeAt(0);
      for (const [axis, value] of direction.entries()) output[row * size + axis] += 10 * value;
    }
  }
}

function valuesOf(weights: Weights, name: string): Float32Array {
  return weights[name].values as Float32Array;
}
