import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { flags } from '../../../src/report/html/flags.ts';
import { pageColumns, pageDocuments } from '../../../src/report/html/page_data.ts';
import { readReportData } from '../../../src/report/report_data.ts';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

/** Results of one problem, asked as text, and two texts of it. */
async function pageOf(task: string) {
  const folder = await mkdtemp(path.join(tmpdir(), 'hon-eval-written-'));
  folders.push(folder);
  const time = '2025-01-02T03-04-05.000000';
  const results = {
    results: { [task]: { 'exact_match,none': 0.5, 'exact_match_stderr,none': 'N/A' } },
    'n-samples': { [task]: { original: 1, effective: 1 } },
    configs: { [task]: { output_type: 'generate_until' } },
    model_name: 'lab/writer',
  };
  const sample = {
    doc_id: 0,
    doc: { problem: 'How many?' },
    target: '42',
    arguments: { gen_args_0: { arg_0: 'How many?', arg_1: { until: [] } } },
    resps: [['So it is 42.', 'Perhaps forty-one']],
    filtered_resps: ['42', null],
    filter: 'none',
    metrics: ['exact_match'],
    exact_match: 0.5,
    hon_eval: {
      grader: 'math',
      samples: [
        { correct: true, outcome: 'equal', tokens: 6, finish: 'eos' },
        { correct: false, outcome: 'no answer', tokens: 4, finish: 'length' },
      ],
    },
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, `results_${time}.json`), JSON.stringify(results));
  writeFileSync(path.join(folder, `samples_${task}_${time}.jsonl`), `${JSON.stringify(sample)}\n`);
  const data = await readReportData([folder]);
  return { documents: [...pageDocuments(data, false)], columns: pageColumns(data) };
}

test('a page has what models wrote, and finds those that were cut off or lack an answer', async () => {
  const page = await pageOf('my_math');
  expect(page.documents[0].answers[0]?.written).toEqual([
    { text: 'So it is 42.', answer: '42', correct: true, outcome: 'equal', tokens: 6, finish: 'eos' },
    { text: 'Perhaps forty-one', answer: null, correct: false, outcome: 'no answer', tokens: 4, finish: 'length' },
  ]);
  expect([...page.columns.flags]).toEqual([flags.cutOff | flags.noAnswer]);
});

test('of confidential benchmarks it has none', async () => {
  const page = await pageOf('gpqa_diamond_generative');
  expect(page.documents[0].answers[0]).not.toHaveProperty('written');
});
