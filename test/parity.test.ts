/** A frozen slice of the comparison with lm-evaluation-harness and transformers: docs/parity.md, test/python/freeze.py. */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCheckpoint } from '../src/checkpoint/open.ts';
import { loadTokenizer, type Tokenizer } from '../src/checkpoint/tokenizer/tokenizer.ts';
import type { RunRecord } from '../src/harness/record/run_record.ts';
import { encodeRequests } from '../src/harness/score/encode.ts';
import { run } from '../src/harness/score/score_run.ts';
import { evaluateTask } from '../src/metrics/evaluate.ts';
import { sampleHashes } from '../src/results/write/sample_line.ts';
import { sha256 } from '../src/sha256.ts';
import { type RecipeConfig, recipeSafetensors, writeRecipe } from './fixtures_recipe.ts';

interface FrozenDocument {
  doc_hash: string;
  prompt_hash: string;
  target_hash: string;
  tokens_hash: string;
  choices: [logLikelihood: number, greedy: boolean][];
}

interface FrozenSlice {
  config: RecipeConfig;
  /** sha256 of model.safetensors. */
  weights: string;
  limit: number;
  tasks: Record<string, { results: Record<string, number>; documents: FrozenDocument[] }>;
}

const root = new URL('..', import.meta.url).pathname;
const shared = resolve(root, process.env.HON_EVAL_SHARED ?? '../shared');
const data = join(shared, 'data');
const tokenizerFile = join(shared, 'tokenizers/gpt-neox-20b.json');
const frozen: FrozenSlice = JSON.parse(readFileSync(join(root, 'test/fixtures/parity.json'), 'utf8'));
const missing = existsSync(data) && existsSync(tokenizerFile) ? '' : ` (skipped: no data in ${shared})`;

test('the recipe gives the weights of the frozen figures', () => {
  expect(createHash('sha256').update(recipeSafetensors(frozen.config)).digest('hex')).toBe(frozen.weights);
});

describe.skipIf(missing)(`frozen slice${missing}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'hon-eval-parity-'));
  let record: RunRecord;
  let tokenizer: Tokenizer;

  beforeAll(async () => {
    writeRecipe(folder, frozen.config, tokenizerFile);
    tokenizer = await loadTokenizer(await openCheckpoint(folder));
    const what = { models: [folder], tasks: Object.keys(frozen.tasks), data, limit: frozen.limit, command: [] };
    const journalFolder = () => join(folder, 'journal');
    const how = { backend: 'onnx', device: 'cpu', dtype: 'float32' } as const;
    const silent = { notice: () => {}, download: () => {}, progress: () => {}, found: () => {} };
    const failed = (_model: string, _task: unknown, error: Error) => {
      throw error;
    };
    const steps = run({ ...what, ...how, journalFolder }, { ...silent, failed });
    for await (const step of steps) record = step.record;
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(Object.keys(frozen.tasks))('%s', (name) => {
    const { documents, results } = frozen.tasks[name];
    const scored = record.tasks.find(({ task }) => task.name === name)!;
    expect(scored.documents).toHaveLength(documents.length);
    [...scored.documents].forEach((document, i) => {
      const hashes = sampleHashes(document);
      const encoded = encodeRequests(tokenizer, { requests: document.requests, place: '' });
      const tokens = encoded.map(({ context, continuation }) => [context, continuation]);
      expect({ ...hashes, tokens: sha256(JSON.stringify(tokens)) }).toEqual({
        doc: documents[i].doc_hash,
        prompt: documents[i].prompt_hash,
        target: documents[i].target_hash,
        tokens: documents[i].tokens_hash,
      });
      documents[i].choices.forEach(([logLikelihood, greedy], choice) => {
        expect(Math.abs(document.scores[choice].logLikelihood - logLikelihood)).toBeLessThan(1e-4);
        expect(document.scores[choice].greedy).toBe(greedy);
      });
    });
    for (const [metric, { value, stderr }] of evaluateTask(scored)) {
      if (metric === 'acc_bytes') continue;
      expect(value).toBe(results[metric]);
      expect(stderr).toBe(results[`${metric}_stderr`]);
    }
  });
});
