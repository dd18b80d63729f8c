import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GroupRecord } from '../../../src/harness/task/task.ts';
import { runJson } from '../../../src/results/write/run_json.ts';
import { findWritten, prepareOutput, writeRun } from '../../../src/results/write/write_run.ts';
import { documents, exampleRun, exampleTask, lmEvalLines, taskRecord } from '../example_run.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hon-eval-results-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Everything under the folder, hidden files included. */
function filesWritten(): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

// biome-ignore lint/suspicious/noExplicitAny: JSON as it comes
function readJson(file: string): any {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** Keys of a results file that lm-evaluation-harness 0.4.13 wrote, in its order. */
const lmEvalKeys =
  'results groups group_subtasks configs versions n-shot higher_is_better n-samples config git_hash date ' +
  'pretty_env_info transformers_version lm_eval_version upper_git_hash tokenizer_pad_token tokenizer_eos_token ' +
  'tokenizer_bos_token eot_token_id max_length task_hashes model_source model_name model_name_sanitized ' +
  'system_instruction system_instruction_sha fewshot_as_multiturn chat_template chat_template_sha ' +
  'total_evaluation_time_seconds';
const lmEvalConfigKeys =
  'model model_args model_num_parameters model_dtype model_revision model_sha batch_size batch_sizes device use_cache ' +
  'limit bootstrap_iters gen_kwargs random_seed numpy_seed torch_seed fewshot_seed';

describe('the samples of a confidential benchmark', () => {
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const task = { ...exampleTask(), task: { ...exampleTask().task, confidential: true } };
  const [clear] = lmEvalLines.map((line) => JSON.parse(line));

  it('have a hash of every text, and all figures', async () => {
    const { sampleFiles } = await writeRun(exampleRun({ tasks: [task] }), folder);
    const text = readFileSync(sampleFiles[0], 'utf8');
    expect(text).not.toMatch(/Quelle|bleu|rouge|green/);
    const { hon_eval, ...sample } = JSON.parse(text.split('\n')[0]);
    const [context, continuation] = documents.at(0)!.requests[1];
    expect(sample).toEqual({
      ...clear,
      doc: { sha256: clear.doc_hash },
      arguments: sample.arguments,
    });
    expect(sample.arguments.gen_args_1).toEqual({ arg_0: sha256(context), arg_1: sha256(continuation) });
    expect(hon_eval.choice_tokens).toEqual([1, 2, 3]);
  });

  it('are as any others where they are to be revealed', async () => {
    const { sampleFiles } = await writeRun(exampleRun({ tasks: [task] }), folder, { reveal: true });
    expect(JSON.parse(readFileSync(sampleFiles[0], 'utf8').split('\n')[0])).toMatchObject(clear);
  });

  it('have the same task hash either way', async () => {
    const files = [];
    for (const reveal of [false, true])
      files.push(await writeRun(exampleRun({ tasks: [task] }), path.join(folder, String(reveal)), { reveal }));
    const [hidden, revealed] = files.map(({ resultsFile }) => readJson(resultsFile).task_hashes);
    expect(hidden).toEqual(revealed);
  });
});

describe('the results of other than multiple choice', () => {
  const names = ['answer_match', 'solution_bits_per_byte'];
  const scored = taskRecord('math', [[-3, -8]], { metrics: names, headline: 'answer_match', lmEvalName: 'theirs' });
  const choices = ['9', 'It is.'];
  const [example] = scored.documents;
  const labelled = { ...example.document, choices, labels: ['answer', 'solution'], categories: { level: '2' } };
  const tasks = [{ ...scored, documents: [{ ...example, document: labelled }] }];

  it("keep to lm-evaluation-harness's schema, and break down under hon_eval", async () => {
    const { resultsFile, sampleFiles } = await writeRun(exampleRun({ tasks }), folder);
    const { results, higher_is_better, configs, hon_eval } = readJson(resultsFile);
    const figures = {
      sample_len: 1,
      'answer_match,none': 1,
      'answer_match_stderr,none': 'N/A',
      'solution_bits_per_byte,none': 8 / Math.LN2 / 6,
      'solution_bits_per_byte_stderr,none': 'N/A',
    };
    expect(results.math).toEqual({ name: 'math', alias: 'math', ...figures });
    expect(higher_is_better.math).toEqual({ answer_match: true, solution_bits_per_byte: false });
    expect(configs.math.output_type).toBe('loglikelihood');
    expect(hon_eval).toMatchObject({ choice_order: 'question', tasks: { math: { lm_eval_task: 'theirs' } } });
    expect(hon_eval.tasks.math.breakdown).toEqual({ level: { 2: figures } });
    const sample = readJson(sampleFiles[0]);
    expect(sample).toMatchObject({ metrics: names, answer_match: 1, target: '0' });
    expect(sample.hon_eval.choice_scores).toEqual({});
  });
});

describe('the samples file', () => {
  it("holds lm-evaluation-harness's lines, with hon_eval at the end", async () => {
    const { sampleFiles } = await writeRun(exampleRun(), folder);
    const lines = readFileSync(sampleFiles[0], 'utf8').split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.map((line) => line.replace(/, "hon_eval": .*\}$/, '}'))).toEqual(lmEvalLines);
    expect(JSON.parse(lines[1]).hon_eval).toEqual({
      choice_scores: {
        acc: [-43.1782341003418, -10.608695983886719, -32.21208190917969],
        acc_norm: [-43.1782341003418 / 5, -10.608695983886719 / 5, -32.21208190917969 / 8],
        acc_bytes: [-43.1782341003418 / 8, -10.608695983886719 / 5, -32.21208190917969 / 8],
      },
      choice_tokens: [1, 2, 3],
      truncated_tokens: 0,
      signals: {
        gold_bits_per_byte: expect.closeTo(43.1782341003418 / Math.LN2 / 8, 12),
        prob: expect.any(Number),
        prob_norm: expect.any(Number),
        prob_bytes: expect.any(Number),
        prob_tokens: expect.any(Number),
        margin: expect.closeTo(-43.1782341003418 + 10.608695983886719, 12),
      },
    });
  });

  it('has the responses without the question behind the others, as lm-evaluation-harness has', async () => {
    const scored = taskRecord('bare', [[-1, -2]]);
    const [document] = scored.documents;
    document.requests.push(...document.requests.map(([, choice]): [string, string] => ['Answer:', choice]));
    document.unconditional = [-3, -1.5].map((logLikelihood) => ({ logLikelihood, greedy: false, tokens: 1 }));
    const { sampleFiles } = await writeRun(exampleRun({ tasks: [scored] }), folder);
    const line = readJson(sampleFiles[0]);
    expect(line.filtered_resps.map(([sum]: [string]) => sum)).toEqual(['-1.0', '-2.0', '-3.0', '-1.5']);
    expect(Object.keys(line.arguments)).toHaveLength(4);
  });

  it('has null for the score of a choice without length', async () => {
    const scored = taskRecord('empty', [[-1, -2]]);
    scored.documents.at(0)!.document.choices[1] = '';
    const { sampleFiles } = await writeRun(exampleRun({ tasks: [scored] }), folder);
    expect(readJson(sampleFiles[0]).hon_eval.choice_scores.acc_norm).toEqual([-0.5, null]);
  });
});

describe('the results file', () => {
  const groups: GroupRecord[] = [
    { name: 'both', tasks: ['colours', 'b'], metrics: ['acc', 'acc_bytes'], aggregation: 'pooled' },
    { name: 'heading', tasks: ['colours'], metrics: [], aggregation: 'pooled' },
  ];
  const tasks = [
    exampleTask(),
    taskRecord('b', [
      [-1, -2],
      [-3, -2],
      [-1, -9],
    ]),
  ];

  it("has lm-evaluation-harness's keys in its order, then hon_eval", async () => {
    const results = readJson((await writeRun(exampleRun({ tasks, groups }), folder)).resultsFile);
    expect(Object.keys(results).join(' ')).toBe(`${lmEvalKeys} hon_eval`);
    expect(Object.keys(results.config).join(' ')).toBe(lmEvalConfigKeys);
  });

  it('has no groups block where no group averages', async () => {
    const results = readJson((await writeRun(exampleRun({ groups: [groups[1]] }), folder)).resultsFile);
    expect(results).not.toHaveProperty('groups');
    expect(results.results.heading).toEqual({ alias: 'heading', name: 'heading' });
    expect(results.group_subtasks).toEqual({ heading: ['colours'] });
  });

  it('writes the figures as Python floats, in the order of lm-evaluation-harness', async () => {
    const text = readFileSync((await writeRun(exampleRun({ tasks: [exampleTask()] }), folder)).resultsFile, 'utf8');
    expect(text).toContain(`{
  "results": {
    "colours": {
      "name": "colours",
      "alias": "colours",
      "sample_len": 2,
      "acc,none": 0.0,
      "acc_stderr,none": 0.0,
      "acc_norm,none": 0.5,
      "acc_norm_stderr,none": 0.5,
      "acc_bytes,none": 0.5,
      "acc_bytes_stderr,none": 0.5
    }
  },
  "group_subtasks": {},`);
    expect(text).toContain('"versions": {\n    "colours": 1.0\n  }');
    expect(text).toContain('"total_evaluation_time_seconds": "60.5"');
    expect(text.endsWith('\n}')).toBe(true);
  });

  it('averages a group over the tasks that have the metric', async () => {
    const { results, higher_is_better } = readJson((await writeRun(exampleRun({ tasks, groups }), folder)).resultsFile);
    expect(results.both).toMatchObject({
      alias: 'both',
      sample_len: 5,
      sample_count: { 'acc,none': 5, 'acc_bytes,none': 2 },
    });
    expect(results.both['acc,none']).toBeCloseTo(2 / 5, 12);
    expect(results.both['acc_bytes,none']).toBe(0.5);
    expect(higher_is_better.both).toEqual({ acc_norm: true, acc: true, acc_bytes: true });
    expect(Object.keys(higher_is_better)).toEqual(['b', 'both', 'colours', 'heading']);
  });

  it('takes the best of a group for its figure, of what is right within it', async () => {
    const nested: GroupRecord[] = [
      { name: 'best', tasks: ['mean', 'colours'], metrics: ['acc'], aggregation: 'best' },
      { name: 'mean', tasks: ['b', 'c'], metrics: ['acc'], aggregation: 'mean' },
    ];
    const all = [...tasks, taskRecord('c', [[-1, -2]])];
    const { results, higher_is_better, group_subtasks } = readJson(
      (await writeRun(exampleRun({ tasks: all, groups: nested }), folder)).resultsFile,
    );
    expect(results.mean['acc,none']).toBeCloseTo((2 / 3 + 1) / 2, 12);
    expect(results.best).toMatchObject({
      'acc,none': results.mean['acc,none'],
      'acc_stderr,none': 'N/A',
      sample_len: 6,
      sample_count: { 'acc,none': 4 },
    });
    expect(higher_is_better.best).toMatchObject({ acc: true });
    expect(group_subtasks.best).toEqual(['mean', 'colours']);
  });

  it('says N/A for the standard error of one document', async () => {
    const single = exampleRun({ tasks: [taskRecord('one', [[-1, -2]])] });
    const { results } = readJson((await writeRun(single, folder)).resultsFile);
    expect(results.one).toMatchObject({ 'acc,none': 1, 'acc_stderr,none': 'N/A' });
  });

  it('identifies the samples, the model and the tokenizer', async () => {
    const results = readJson((await writeRun(exampleRun(), folder)).resultsFile);
    const hashes = lmEvalLines.map((line) => JSON.parse(line)).map((s) => s.doc_hash + s.prompt_hash + s.target_hash);
    expect(results.task_hashes).toEqual({ colours: createHash('sha256').update(hashes.join('')).digest('hex') });
    expect(results).toMatchObject({
      'n-samples': { colours: { original: 9, effective: 2 } },
      date: new Date(2025, 0, 2, 3, 4, 5, 250).getTime() / 1000,
      tokenizer_pad_token: [null, 'None'],
      tokenizer_eos_token: ['<|endoftext|>', '0'],
      eot_token_id: 0,
      max_length: 2048,
      model_name: 'made/model@step1',
      model_name_sanitized: 'made__model@step1',
    });
    expect(results.config).toMatchObject({
      model_args: { pretrained: 'made/model', revision: 'step1', dtype: 'float32' },
      model_dtype: 'torch.float32',
      model_sha: 'c0ffee',
      limit: null,
    });
  });

  it('has only those fields of a task config that the task has', async () => {
    const { configs } = readJson((await writeRun(exampleRun(), folder)).resultsFile);
    expect(configs.colours).toEqual({
      task: 'colours',
      dataset_path: 'made/up',
      validation_split: 'validation',
      unsafe_code: false,
      description: '',
      target_delimiter: ' ',
      num_fewshot: 0,
      metric_list: ['acc_norm', 'acc', 'acc_bytes'].map((metric) => ({
        aggregation: 'mean',
        higher_is_better: true,
        metric,
      })),
      output_type: 'multiple_choice',
      repeats: 1,
      should_decontaminate: false,
      metadata: { version: 1 },
    });
  });

  it('says in hon_eval what ran', async () => {
    const { hon_eval } = readJson((await writeRun(exampleRun(), folder)).resultsFile);
    expect(hon_eval).toMatchObject({
      model: { hon: { order: 2, projections: ['q', 'k'], inner: 'shared' }, parameters: 1234, weights_sha256: 'aa' },
      backend: { name: 'onnx', device: 'cpu', dtype: 'float32' },
      command: ['hon-eval', 'run'],
      seconds: { load: 0.5, score: 59, write: expect.any(Number), total: 60.5 },
      tasks: { colours: { data: 'made/up@0123', documents: 2, choices: 6, tokens: 30, request_tokens: 70, trees: 2 } },
    });
  });
});

describe('writeRun', () => {
  it("puts the files where lm-evaluation-harness's are, under the time at which the run began", async () => {
    const { resultsFile, sampleFiles } = await writeRun(exampleRun(), folder);
    const place = path.join(folder, 'made__model@step1');
    expect(resultsFile).toBe(path.join(place, 'results_2025-01-02T03-04-05.250000.json'));
    expect(sampleFiles).toEqual([path.join(place, 'samples_colours_2025-01-02T03-04-05.250000.jsonl')]);
    expect(filesWritten().sort()).toEqual([resultsFile, ...sampleFiles].map((file) => path.basename(file)));
  });

  it('takes a file that ends in .json', async () => {
    const { resultsFile, sampleFiles } = await writeRun(exampleRun(), path.join(folder, 'deep', 'my.run.json'));
    expect(resultsFile).toBe(path.join(folder, 'deep', 'my.run_2025-01-02T03-04-05.250000.json'));
    expect(path.dirname(sampleFiles[0])).toBe(path.join(folder, 'deep'));
  });

  it('keeps a name of dots or slashes inside the folder', async () => {
    const run = exampleRun({ tasks: [exampleTask('../x')] });
    run.model.name = '..';
    const { resultsFile, sampleFiles } = await writeRun(run, folder);
    expect([resultsFile, ...sampleFiles].map(path.dirname)).toEqual(Array(2).fill(path.join(folder, '__')));
  });

  it.each([Number.NaN, -Infinity])('refuses a log-likelihood of %d and names it', async (value) => {
    const tasks = [
      exampleTask(),
      taskRecord('bad', [
        [-1, -2],
        [-1, value],
      ]),
    ];
    await expect(writeRun(exampleRun({ tasks }), folder)).rejects.toMatchObject({
      kind: 'numeric',
      message: expect.stringMatching(/bad.*choice 1 of document 1.*(NaN|-Infinity)/),
    });
    expect(filesWritten()).toEqual([]);
  });

  it('adds benchmark after benchmark under the same names, and finds what is whole', async () => {
    const [first, second] = [exampleTask('first'), exampleTask('second')];
    const taskHashes = new Map<string, string>();
    await writeRun(exampleRun({ tasks: [first] }), folder, { taskHashes });
    const both = exampleRun({ tasks: [first, second] });
    expect(await findWritten(both, folder)).toBeUndefined();
    const { resultsFile, sampleFiles } = await writeRun(both, folder, { taskHashes });
    expect(filesWritten().sort()).toEqual([resultsFile, ...sampleFiles].map((file) => path.basename(file)).sort());
    const { results, task_hashes } = readJson(resultsFile);
    expect(Object.keys(results)).toEqual(['first', 'second']);
    expect(task_hashes.first).toBe(task_hashes.second);
    expect(await findWritten(both, folder)).toMatchObject({ resultsFile, sampleFiles });
    expect(await findWritten({ ...both, command: ['other'] }, folder)).toBeUndefined();
  });

  it('clears away what dead processes have left, and nothing else', async () => {
    const place = path.join(folder, 'made__model');
    await mkdir(place);
    const names = [2 ** 22 + 1, process.pid].map((pid) => `.results.json.${hostname()}-${pid}.partial`);
    for (const name of [...names, `.x.elsewhere-${2 ** 22 + 1}.partial`]) await writeFile(path.join(place, name), '');
    await prepareOutput(folder, 'made/model');
    expect(filesWritten().sort()).toEqual([names[1], `.x.elsewhere-${2 ** 22 + 1}.partial`]);
  });

  it('takes back the samples where the results cannot get their name', async () => {
    const taken = path.join(folder, 'made__model@step1', 'results_2025-01-02T03-04-05.250000.json');
    await mkdir(taken, { recursive: true });
    await expect(writeRun(exampleRun(), folder)).rejects.toMatchObject({ kind: 'output' });
    expect(filesWritten()).toEqual([]);
  });

  it.each([
    ['writeRun', (output: string) => writeRun(exampleRun(), output)],
    ['prepareOutput', (output: string) => prepareOutput(output, 'made/model')],
  ])('%s says that a folder cannot be made', async (_, write) => {
    const file = path.join(folder, 'file');
    await writeFile(file, 'mine');
    await expect(write(path.join(file, 'inside'))).rejects.toMatchObject({
      kind: 'output',
      message: expect.stringContaining(path.join(file, 'inside')),
    });
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });
});

it('runJson has the figures and the files of each model', async () => {
  const written = await writeRun(exampleRun(), folder);
  const { resultsFile, sampleFiles } = written;
  const { results, hon_eval } = readJson(resultsFile);
  expect(await runJson([written])).toEqual({
    models: [{ model: 'made/model@step1', results, files: { results: resultsFile, samples: sampleFiles }, hon_eval }],
  });
});
