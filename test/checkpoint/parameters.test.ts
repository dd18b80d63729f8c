import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { nameParameters, parameterCount } from '../../src/checkpoint/parameters.ts';
import { readSafetensors } from '../../src/checkpoint/safetensors/file.ts';
import type { TensorInfo } from '../../src/checkpoint/types.ts';
import type { JsonObject } from '../../src/json.ts';
import { parameterShapes } from '../../src/model/trace.ts';
import { float32, safetensorsFile } from './safetensors_file.ts';

const folder = mkdtempSync(join(tmpdir(), 'parameters-'));
afterAll(() => rmSync(folder, { recursive: true }));

const sizes = { vocab_size: 3, hidden_size: 2, num_hidden_layers: 1, num_attention_heads: 1, intermediate_size: 2 };
const neox = { architectures: ['GPTNeoXForCausalLM'], ...sizes, rotary_pct: 1 };
const llama = { architectures: ['LlamaForCausalLM'], ...sizes };

/** A tensor for each parameter, by the names that `rename` gives them; one is left out where it gives none. */
async function write(config: JsonObject, rename: (name: string) => string | undefined) {
  const shapes = [...parameterShapes(config)].map(([name, shape]) => [rename(name), shape] as const);
  const tensors = shapes.filter(([name]) => name !== undefined);
  const filled = tensors.map(([name, shape], i) => [
    name,
    float32([...shape], new Array(shape.reduce((a, b) => a * b, 1)).fill(i)),
  ]);
  const path = join(folder, 'model.safetensors');
  writeFileSync(path, safetensorsFile(Object.fromEntries(filled)));
  return readSafetensors(path);
}

function names(tensors: ReadonlyMap<string, TensorInfo>): string[] {
  return [...tensors.keys()];
}

describe('nameParameters', () => {
  it.each<[string, JsonObject, (name: string) => string]>([
    ['as they are', neox, (name) => name],
    ["under transformers 5's name of the head", neox, (name) => name.replace('embed_out.', 'lm_head.')],
    ['without the prefix', neox, (name) => name.replace('gpt_neox.', '')],
    ['without the prefix', llama, (name) => name.replace('model.', '')],
  ])('finds parameters %s', async (_, config, rename) => {
    const named = await nameParameters('x', config, await write(config, rename));
    expect(names(named)).toEqual([...parameterShapes(config).keys()]);
  });

  it('leaves what it does not know, and what would take the place of another', async () => {
    const extra = await write(neox, (name) => name);
    extra.set('rotary.inv_freq', extra.get('embed_out.weight')!);
    extra.set('lm_head.weight', extra.get('gpt_neox.embed_in.weight')!);
    expect(await nameParameters('x', neox, extra)).toEqual(extra);
  });

  describe('where the head is tied to the embedding', () => {
    const tied = { ...llama, tie_word_embeddings: true };
    const [embedding, head] = ['model.embed_tokens.weight', 'lm_head.weight'];

    it('takes a head that is stored alone', async () => {
      const tensors = await write(llama, (name) => (name === embedding ? undefined : name));
      const named = await nameParameters('x', tied, tensors);
      expect(named.get(embedding)).toEqual(tensors.get(head));
      expect(named.has(head)).toBe(false);
      expect(parameterCount({ tensors: named })).toBe(parameterCount({ tensors }));
    });

    it('takes both where they are the same', async () => {
      const tensors = await write(llama, (name) => name);
      tensors.set(head, tensors.get(embedding)!);
      expect((await nameParameters('x', tied, tensors)).get(embedding)).toEqual(tensors.get(embedding));
    });

    it('refuses two that differ, where transformers and lm-evaluation-harness disagree', async () => {
      const tensors = await write(llama, (name) => name);
      const naming = nameParameters('x', tied, tensors);
      await expect(naming).rejects.toMatchObject({ kind: 'checkpoint' });
      await expect(naming).rejects.toThrow(/lm_head\.weight and model\.embed_tokens\.weight are stored and differ/);
    });
  });
});
