import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { exportResults } from '../../../src/exchange/export/export_results.ts';
import type { ExportFormat } from '../../../src/exchange/export/formats.ts';
import { outcomes, writeFlat, writeResults } from '../../results/made_results.ts';

let folder: string;
let results: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hon-eval-export-'));
  const tasks = [outcomes('arc_easy', '1100', { headline: 'acc_norm' }), outcomes('piqa', '1000')];
  results = path.join(folder, 'results');
  await writeResults(results, 'lab/m-70m@step1', tasks);
});
afterAll(() => rm(folder, { recursive: true }));

const options = { organization: 'The lab', relationship: 'first_party' } as const;

async function exported(format: ExportFormat, places = [results]) {
  const out = path.join(folder, format);
  const { files, notices } = await exportResults(places, format, out, options);
  return {
    notices,
    files: files.map((file) => ({ name: path.relative(out, file), text: readFileSync(file, 'utf8') })),
  };
}

test('a record of Every Eval Ever has what its schema requires', async () => {
  const { files } = await exported('every-eval-ever');
  expect(files.map(({ name }) => name)).toEqual([
    expect.stringMatching(/^lab\/m-70m\/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}\.json$/),
  ]);
  const record = JSON.parse(files[0].text);
  expect(record).toMatchObject({
    schema_version: '0.3.0',
    evaluation_id: expect.stringMatching(/^hon-eval\/lab\/m-70m@step1\/\d+$/),
    retrieved_timestamp: expect.stringMatching(/^\d+$/),
    source_metadata: {
      source_type: 'evaluation_run',
      source_organization_name: 'The lab',
      evaluator_relationship: 'first_party',
    },
    eval_library: { name: 'hon-eval', version: '0.1.0' },
    model_info: {
      name: 'lab/m-70m@step1',
      id: 'lab/m-70m',
      developer: 'lab',
      additional_details: { deployment_type: 'self_deployed', model_availability: 'unknown', revision: 'step1' },
    },
  });
  const [first] = record.evaluation_results;
  expect(first).toMatchObject({
    evaluation_result_id: 'arc_easy/0-shot/acc_norm',
    evaluation_name: 'arc_easy',
    source_data: { dataset_name: 'arc_easy', source_type: 'hf_dataset', hf_repo: 'made/up' },
    metric_config: { lower_is_better: false, score_type: 'continuous', min_score: 0, max_score: 1 },
    score_details: { score: 0.5, uncertainty: { standard_error: { value: expect.any(Number) }, num_samples: 4 } },
  });
});

test("the hub's results are a file a benchmark, with its own metric", async () => {
  const { files } = await exported('hf-eval-results');
  expect(files.map(({ name, text }) => [name, parse(text)])).toEqual([
    [
      'lab__m-70m@step1/.eval_results/arc_easy_0-shot.yaml',
      [
        {
          dataset: { id: 'made/up', task_id: 'arc_easy' },
          value: 0.5,
          date: expect.stringMatching(/^2025-01-0\dT/),
          notes: 'acc_norm, 0-shot, hon-eval 0.1.0',
        },
      ],
    ],
    ['lab__m-70m@step1/.eval_results/piqa_0-shot.yaml', [expect.objectContaining({ value: 0.25 })]],
  ]);
});

test("a model card's metadata has every figure", async () => {
  const [{ name, text }] = (await exported('model-index')).files;
  expect(name).toBe('lab__m-70m@step1/model-index.yaml');
  const [{ name: model, results: entries }] = parse(text)['model-index'];
  expect(model).toBe('m-70m@step1');
  expect(entries.map((entry: { dataset: { type: string } }) => entry.dataset.type)).toEqual(['made/up', 'made/up']);
  expect(entries[1]).toMatchObject({ task: { type: 'text-generation' }, dataset: { args: { num_few_shot: 0 } } });
  expect(entries[1].metrics).toContainEqual({ type: 'accuracy', name: 'acc', value: 0.25 });
});

test('results that name no data set are no results of the hub', async () => {
  const flat = writeFlat(path.join(folder, 'flat.json'), 'lab/old', { piqa: { acc: 0.5, acc_stderr: 0.1 } });
  await expect(exported('hf-eval-results', [flat])).rejects.toMatchObject({ kind: 'results' });
  const { text } = (await exported('every-eval-ever', [flat])).files[0];
  const record = JSON.parse(text);
  expect(record.eval_library).toEqual({ name: 'lm_eval', version: 'unknown' });
  expect(record.evaluation_results[0].source_data).toEqual({ dataset_name: 'piqa', source_type: 'other' });
});
