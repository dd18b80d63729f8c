/** LoRA adapters against what Python's peft merges them to (test/python/adapters.py). */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { score } from '../../src/backend/backend.ts';
import { onnx } from '../../src/backend/onnx/index.ts';
import { parseAdapterConfig } from '../../src/checkpoint/lora/config.ts';
import { openCheckpoint, openConfig } from '../../src/checkpoint/open.ts';
import { readTensor } from '../../src/checkpoint/tensors/read.ts';
import type { Checkpoint } from '../../src/checkpoint/types.ts';
import type { JsonObject } from '../../src/json.ts';
import { buildModel, describeModel } from '../../src/model/index.ts';
import { scoreTokens, tokenModel } from '../harness/score/score_tokens.ts';
import { temporaryFolder } from '../model/tiny_checkpoint.ts';

const fixtures = new URL('../fixtures/', import.meta.url).pathname;
const folder = `${fixtures}adapters/`;
const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'));

interface Expected {
  context: number[];
  continuation: number[];
  logLikelihood: number;
  greedy: boolean;
}

async function scoresOf({ config, tensors }: Checkpoint, requests: Expected[]) {
  const { contextLength: maxLength, vocabularySize } = describeModel(config);
  const options = { device: 'cpu', dtype: 'float32', threads: 1 } as const;
  const model = await onnx.load(tensors, (ops) => buildModel(ops, config).score, options);
  const sizes = { maxLength, vocabularySize, batchTokens: 512 };
  const { scores } = await scoreTokens(
    requests.map((request) => [request]),
    tokenModel((batch) => score(model, batch), sizes),
  );
  await model.close();
  return scores.flat();
}

describe.each(readdirSync(folder))('%s', (name) => {
  const expected: Expected[] = json(`${folder}${name}/expected.json`);

  test("has the merged model's weights and scores", async () => {
    const checkpoint = await openCheckpoint(`${folder}${name}`);
    const merged: Record<string, number> = json(`${folder}${name}/merged.json`);
    expect(checkpoint.tensors.size).toBeGreaterThan(0);
    for (const [tensor, info] of checkpoint.tensors) {
      const values = await readTensor(info);
      const sum = values.reduce((total, value, i) => total + value * Math.fround(Math.cos(i)), 0);
      expect(Math.abs(sum - merged[tensor]), tensor).toBeLessThan(1e-5 * Math.sqrt(values.length));
    }
    const scores = await scoresOf(checkpoint, expected);
    expected.forEach(({ logLikelihood, greedy }, i) => {
      expect(Math.abs(scores[i].logLikelihood - logLikelihood)).toBeLessThan(1e-5);
      expect(scores[i].greedy).toBe(greedy);
    });
  });

  test('is of the base that it names, or of the one that is named with it', async () => {
    const alone = await openCheckpoint(`${folder}${name}`);
    const base = json(`${folder}${name}/adapter_config.json`).base_model_name_or_path;
    const pair = await openCheckpoint(`${fixtures}../../${base}+${folder}${name}`);
    expect(pair.tensors).toEqual(alone.tensors);
    expect(pair).toMatchObject({ name: `${fixtures}../../${base}+${folder}${name}`, adapter: { kind: 'folder' } });
    const weights = name === 'layers' ? 'adapter_model.bin' : 'adapter_model.safetensors';
    expect(alone.weightFiles.map((file) => file.name)).toEqual(['model.safetensors', weights]);
    expect(await openConfig(alone.name)).toMatchObject({ name: alone.name, config: alone.config });
    expect(await openConfig(pair.name)).toMatchObject({ name: pair.name, config: alone.config });
    expect(structuredClone(alone)).toEqual(alone);
  });
});

test('an adapter needs no keys that early versions of peft did not write', () => {
  const early = { peft_type: 'LORA', base_model_name_or_path: 'base', r: 2, lora_alpha: 4 };
  const { base, scale } = parseAdapterConfig(early, 'adapter_config.json');
  expect([base, scale('q_proj', 2)]).toEqual(['base', 2]);
});

describe('an adapter is refused', () => {
  /** The plain adapter with another adapter_config.json. */
  function changed(changes: JsonObject): string {
    const copy = join(temporaryFolder(), 'adapter');
    cpSync(`${folder}lora`, copy, { recursive: true });
    const path = join(copy, 'adapter_config.json');
    writeFileSync(path, JSON.stringify({ ...json(path), ...changes }));
    return copy;
  }

  test.each<[string, JsonObject, RegExp]>([
    ['of another kind', { peft_type: 'IA3' }, /peft_type: hon-eval merges adapters of the type LORA/],
    ['that changed its base', { init_lora_weights: 'pissa_niter_4' }, /it changed the weights of the base model/],
    ['that is more than a product', { use_qalora: true }, /use_qalora: it is not supported/],
    ['with a pattern that is none', { alpha_pattern: { '(q_proj': 4 } }, /alpha_pattern.*plain regular expressions/],
    ['with a pattern that never ends', { rank_pattern: { '(a+)+b': 4 } }, /rank_pattern.*with no repeated group/],
    ['of no named base', { base_model_name_or_path: null }, /names no base model; give it as BASE\+/],
    [
      'of a base that is not there',
      { base_model_name_or_path: './nowhere' },
      /^There is no folder "\.\/nowhere"\. .* is an adapter of \.\/nowhere; where its base is elsewhere, name both: BASE\+/,
    ],
    [
      'of another model',
      { base_model_name_or_path: 'test/fixtures/model/standard' },
      /changes "model\.layers\.0\.mlp\.down_proj\.weight", which its base model has not/,
    ],
    [
      'of a model of another size',
      { base_model_name_or_path: 'test/fixtures/model/llama-head-dim' },
      /its matrices of "model\.layers\.0\.self_attn\.q_proj" do not fit the base model's, of shape \[64,32\]/,
    ],
  ])('%s', async (_, changes, message) => {
    const opening = openCheckpoint(changed(changes));
    await expect(opening).rejects.toMatchObject({ kind: 'checkpoint' });
    await expect(opening).rejects.toThrow(message);
  });

  test('without its weights', async () => {
    const copy = changed({});
    rmSync(join(copy, 'adapter_model.safetensors'));
    await expect(openCheckpoint(copy)).rejects.toThrow(/it has no adapter_model\.safetensors/);
    await expect(openCheckpoint(`${fixtures}model/standard+${fixtures}model/tied`)).rejects.toThrow(
      /it has no adapter_config\.json/,
    );
  });
});
