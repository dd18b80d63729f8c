/** Every key of config.json, against what transformers makes of it (test/python/config_fixtures.py). */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type LoadedModel, score } from '../../src/backend/backend.ts';
import { reference } from '../../src/backend/reference/index.ts';
import { nameParameters } from '../../src/checkpoint/parameters.ts';
import { readSafetensors } from '../../src/checkpoint/safetensors/file.ts';
import type { JsonObject } from '../../src/json.ts';
import { buildModel, describeModel } from '../../src/model/index.ts';
import { scoreTokens, tokenModel } from '../harness/score/score_tokens.ts';

const folder = new URL('../fixtures/config/', import.meta.url).pathname;

interface Case {
  change: JsonObject;
  without: string[];
  logLikelihoods: number[] | null;
  /** hon-eval does not run what transformers runs. */
  refused?: boolean;
}

function read<T>(path: string): T {
  return JSON.parse(readFileSync(`${folder}${path}`, 'utf8'));
}

/** Log-likelihoods of texts of tokens, the first one given. */
async function logLikelihoods(model: string, config: JsonObject): Promise<number[]> {
  const { contextLength, vocabularySize, long } = describeModel(config);
  const stored = await readSafetensors(`${folder}${model}/model.safetensors`);
  const tensors = await nameParameters(model, config, stored);
  const loaded: LoadedModel = await reference.load(tensors, (ops) => buildModel(ops, config).score, {
    device: 'cpu',
    dtype: 'float32',
  });
  const texts = read<number[][]>(`${model}/texts.json`).filter((ids) => ids.length <= contextLength + 1);
  const documents = texts.map((ids) => [{ context: ids.slice(0, 1), continuation: ids.slice(1) }]);
  const sizes = { maxLength: contextLength, long, vocabularySize, batchTokens: 512 };
  const { scores } = await scoreTokens(
    documents,
    tokenModel((batch) => score(loaded, batch), sizes),
  );
  return scores.map(([{ logLikelihood }]) => logLikelihood);
}

/** The names of what a change is about: its keys, and those within. */
function keysOf({ change, without }: Case): string[] {
  const within = Object.values(change).flatMap((value) =>
    value !== null && typeof value === 'object' ? Object.keys(value) : [],
  );
  return [...Object.keys(change), ...without, ...within];
}

describe.each(readdirSync(folder))('%s', (model) => {
  const config = read<JsonObject>(`${model}/config.json`);

  test.each(read<Case[]>(`${model}/cases.json`))('$change without $without', async (case_) => {
    const { change, without, logLikelihoods: expected, refused } = case_;
    const changed = { ...config, ...change };
    for (const key of without) delete changed[key];
    const actual = logLikelihoods(model, changed);
    if (expected === null || refused) {
      await expect(actual).rejects.toMatchObject({ kind: 'checkpoint' });
      // Where the settings can be run, it is the weights that do not fit them; so may be what stands for a missing key.
      const named = keysOf(case_).map((key) => expect.stringContaining(key));
      const message = await actual.catch((error) => String(error.message));
      if (without.length === 0) expect([...named, expect.stringMatching(/tensor ".*"/)]).toContainEqual(message);
      return;
    }
    const figures = await actual;
    expect(figures.length).toBeGreaterThan(0);
    figures.forEach((figure, i) => {
      expect(Math.abs(figure - expected.at(i - figures.length)!)).toBeLessThan(1e-4);
    });
  });
});
