/** Results of models that wrote their answers. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sampledTask } from '../../../src/harness/generate/sampled_task.ts';
import type { GenerationRecord, RunRecord } from '../../../src/harness/record/run_record.ts';
import type { GradedSample } from '../../../src/harness/record/scored.ts';
import type { Task } from '../../../src/harness/task/task.ts';
import { writtenTable } from '../../../src/report/table/written.ts';
import { readResults } from '../../../src/results/read/read.ts';
import { readSamples, type Sample } from '../../../src/results/read/samples.ts';
import { writeRun } from '../../../src/results/write/write_run.ts';
import { exampleRun, taskRecord } from '../../results/example_run.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hon-eval-written-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const generation: GenerationRecord = {
  preset: 'openr1',
  promptStyle: 'openr1',
  temperature: 1,
  topP: 0.95,
  topK: 0,
  maxNewTokens: 64,
  stop: ['\n\n'],
  eos: [0, 7],
  seed: 3,
  chatTemplate: '{{ messages }}',
  system: 'Think.',
};

const samples: GradedSample[] = [
  { text: 'So 4.', tokens: 3, finish: 'eos', verdict: { correct: true, answer: '4', outcome: 'graded' } },
  { text: 'Hm, hm', tokens: 64, finish: 'length', verdict: { correct: false, answer: null, outcome: 'no_answer' } },
];

function writtenRun(changes: Partial<Task> = {}, grader: 'math' | 'letter' = 'math'): RunRecord {
  const { task, ...record } = taskRecord('sums', []);
  const document = { index: 5, place: 'row 5', doc: { q: '2 + 2?' }, context: '2 + 2?', choices: [], gold: 0 };
  const documents = [
    {
      document: { ...document, target: '4', grader, categories: { level: '1' } },
      requests: [['<user>2 + 2?', '']] as [string, string][],
      scores: [],
      truncatedTokens: 0,
      samples,
    },
  ];
  const sampled = sampledTask({ ...task, ...changes }, 2);
  return exampleRun({ tasks: [{ ...record, task: sampled, documents }], batchTokens: null, generation });
}

describe('the samples of a run that wrote', () => {
  it("are lm-evaluation-harness's lines of generate_until, with what became of each text", async () => {
    const { sampleFiles } = await writeRun(writtenRun(), folder);
    const line = readFileSync(sampleFiles[0], 'utf8');
    expect(Object.keys(JSON.parse(line)).join(' ')).toBe(
      'doc_id doc target arguments resps filtered_resps filter metrics doc_hash prompt_hash target_hash exact_match ' +
        'response_tokens cut_off pass@2 hon_eval',
    );
    expect(line).toContain('"temperature": 1.0, "top_p": 0.95, "top_k": 0, "max_gen_toks": 64}');
    expect(JSON.parse(line)).toEqual({
      doc_id: 5,
      doc: { q: '2 + 2?' },
      target: '4',
      arguments: {
        gen_args_0: {
          arg_0: '<user>2 + 2?',
          arg_1: { until: ['\n\n'], do_sample: true, temperature: 1, top_p: 0.95, top_k: 0, max_gen_toks: 64 },
        },
      },
      resps: [['So 4.', 'Hm, hm']],
      filtered_resps: ['4', null],
      filter: 'none',
      metrics: ['exact_match', 'response_tokens', 'cut_off', 'pass@2'],
      doc_hash: sha256('{\n  "q": "2 + 2?"\n}'),
      prompt_hash: sha256('<user>2 + 2?'),
      target_hash: sha256('4'),
      exact_match: 0.5,
      response_tokens: 33.5,
      cut_off: 0.5,
      'pass@2': 1,
      hon_eval: {
        grader: 'math',
        samples: [
          { correct: true, outcome: 'graded', tokens: 3, finish: 'eos' },
          { correct: false, outcome: 'no_answer', tokens: 64, finish: 'length' },
        ],
      },
    });
  });

  it.each([
    ['math', sha256('4')],
    ['letter', '4'],
  ] as const)('of confidential tasks hide all that may quote them: %s', async (grader, target) => {
    const { sampleFiles } = await writeRun(writtenRun({ confidential: true }, grader), folder);
    const line = readFileSync(sampleFiles[0], 'utf8');
    expect(line).not.toContain('2 + 2');
    expect(JSON.parse(line)).toMatchObject({ target, arguments: { gen_args_0: { arg_0: sha256('<user>2 + 2?') } } });
  });

  it('are told apart by their documents, since prompts differ with the chat template', async () => {
    const { sampleFiles } = await writeRun(writtenRun(), folder);
    const read: Sample[] = [];
    for await (const sample of readSamples(sampleFiles[0])) read.push(sample);
    const docHash = sha256('{\n  "q": "2 + 2?"\n}');
    expect(read).toMatchObject([{ id: 5, docHash, requestsHash: docHash, logLikelihoods: null }]);
    expect(read[0].scores.get('exact_match')).toBe(0.5);
  });
});

it('the results file says how the model was asked, and how it wrote', async () => {
  const { resultsFile } = await writeRun(writtenRun(), folder);
  const file = JSON.parse(readFileSync(resultsFile, 'utf8'));
  expect(file.results.sums).toMatchObject({ 'exact_match,none': 0.5, 'pass@2,none': 1, 'cut_off,none': 0.5 });
  expect(file.higher_is_better.sums).toEqual({
    exact_match: true,
    response_tokens: false,
    cut_off: false,
    'pass@2': true,
  });
  expect(file.configs.sums).toMatchObject({
    output_type: 'generate_until',
    repeats: 2,
    generation_kwargs: { top_k: 0 },
  });
  expect(file.config).toMatchObject({ gen_kwargs: { do_sample: true }, random_seed: 3 });
  expect(file).toMatchObject({
    system_instruction: 'Think.',
    system_instruction_sha: sha256('Think.'),
    chat_template: '{{ messages }}',
    chat_template_sha: sha256('{{ messages }}'),
  });
  expect(file.hon_eval.generation).toEqual({
    preset: 'openr1',
    prompt_style: 'openr1',
    temperature: 1,
    top_p: 0.95,
    top_k: 0,
    max_new_tokens: 64,
    stop: ['\n\n'],
    eos_token_ids: [0, 7],
    seed: 3,
  });
  expect(file.hon_eval.tasks.sums).toMatchObject({
    samples: 2,
    outcomes: { graded: 1, no_answer: 1 },
    finishes: { eos: 1, length: 1 },
    breakdown: { level: { 1: { 'exact_match,none': 0.5 } } },
  });
});

it('the table of texts has a line for each model and benchmark', async () => {
  const { models } = await readResults([(await writeRun(writtenRun(), folder)).resultsFile]);
  expect((await writtenTable(models)).split('\n')[2]).toMatch(
    /^model@step1 +SUMS +graded 1, no answer 1 +1 +2 +1\.000 \(k = 2\) +34 +50\.0%$/,
  );
});
