import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/json.ts';
import { type GradeOptions, gradeFiles } from '../../../src/results/regrade/grade_files.ts';
import { renderGrades } from '../../../src/results/regrade/text.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hon-eval-grade-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const settings = { until: [], do_sample: true, temperature: 0.6 };

/** A line as `hon-eval generate` writes it. */
function line(id: number, target: string, texts: string[], more: JsonObject = {}): string {
  return JSON.stringify({
    doc_id: id,
    doc: { question: `Which number is ${id}?` },
    target,
    arguments: { gen_args_0: { arg_0: 'Which?', arg_1: settings } },
    resps: [texts],
    filtered_resps: texts,
    filter: 'none',
    metrics: ['exact_match'],
    doc_hash: 'a',
    ...more,
  });
}

async function save(name: string, ...lines: string[]): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, `${lines.join('\n')}\n`);
  return file;
}

function grade(file: string, options: Partial<GradeOptions> = {}) {
  return gradeFiles([file], { grader: 'auto', timeLimit: 5, ...options });
}

describe('figures', () => {
  test('several samples of several problems', async () => {
    const file = await save(
      'samples.jsonl',
      line(0, String.raw`\frac{1}{2}`, [String.raw`\boxed{0.5}`, String.raw`\boxed{2}`, 'No idea.', '1/2'], {
        exact_match: 0.5,
      }),
      line(1, '7', ['7', '8', '9', '10'], { exact_match: 0 }),
    );
    const [graded] = await grade(file);
    expect(graded).toEqual({
      file,
      documents: 2,
      samples: 8,
      exact_match: { value: 0.375, stderr: 0.125, size: 2 },
      pass_at: {
        2: { value: (5 / 6 + 1 / 2) / 2, stderr: expect.closeTo(1 / 6), size: 2 },
        4: { value: 1, stderr: 0, size: 2 },
      },
      outcomes: { graded: 7, no_answer: 1 },
      changed: 1,
      wrong: [],
    });
    expect(renderGrades([{ ...graded, file: 'samples.jsonl' }])).toMatchInlineSnapshot(`
      "File           outcomes               documents  samples  exact_match      pass@2       pass@4  changed
      ───────────────────────────────────────────────────────────────────────────────────────────────────────
      samples.jsonl  graded 7, no answer 1          2        8   .375 ±.125  .667 ±.167  1.000 ±.000        1

      Changed: documents whose exact_match is another than in the file. ±: standard error over documents."
    `);
  });

  test("lm-evaluation-harness's lines, where a problem comes once for every filter", async () => {
    const arguments_ = { gen_args_0: { arg_0: 'Which?', arg_1: settings } };
    const lines = ['strict-match', 'flexible-extract'].flatMap((filter) => [
      JSON.stringify({
        doc_id: 0,
        doc: {},
        target: 'So it is\n#### 12',
        arguments: arguments_,
        resps: [['That makes 12.']],
        filtered_resps: ['12'],
        filter,
        metrics: ['exact_match'],
        exact_match: 1.0,
      }),
      JSON.stringify({
        doc_id: 1,
        doc: {},
        target: 12,
        arguments: arguments_,
        resps: [['That makes 13.']],
        filtered_resps: ['13'],
        filter,
        exact_match: 0.0,
      }),
    ]);
    const [graded] = await grade(await save('filters.jsonl', ...lines));
    expect(graded).toMatchObject({ documents: 2, samples: 2, exact_match: { value: 0.5 }, pass_at: {}, changed: 0 });
  });

  test('scores that the file does not have are not counted as changed', async () => {
    const [graded] = await grade(await save('unscored.jsonl', line(0, '1', ['1'])));
    expect(graded.changed).toBeNull();
  });
});

describe('the grader', () => {
  const texts = [String.raw`Answer: B, which is \boxed{3}`];
  test.each([
    ['a letter as the right answer', '(B)', {}, 'auto', 1],
    ['a formula as the right answer', '3', {}, 'auto', 1],
    ["the file's own", 'B', { hon_eval: { grader: 'math' } }, 'auto', 0],
    ['chosen', '3', {}, 'letter', 0],
    ["chosen against the file's own", 'B', { hon_eval: { grader: 'math' } }, 'letter', 1],
  ] as const)('%s', async (_, target, more, grader, score) => {
    const [graded] = await grade(await save('grader.jsonl', line(0, target, texts, more)), { grader });
    expect(graded.exact_match.value).toBe(score);
  });
});

describe('--output', () => {
  test('changes verdicts and nothing else', async () => {
    const original = line(0, '7', ['7', '8'], {
      doc: { size: 1 },
      exact_match: 0,
      'pass@2': 0,
      other_metric: 0.25,
      hon_eval: {
        grader: 'math',
        samples: [
          { correct: false, outcome: 'timeout', tokens: 5, finish: 'eos' },
          { correct: false, outcome: 'prompt_too_long', tokens: 0, finish: 'context' },
        ],
      },
    }).replace('"size":1', '"size":1.0');
    const file = await save('before.jsonl', original);
    const output = join(folder, 'after.jsonl');
    await grade(file, { output });
    const after = await readFile(output, 'utf8');
    expect(after).toContain('"size":1.0');
    expect(JSON.parse(after)).toEqual({
      ...JSON.parse(original),
      filtered_resps: ['7', null],
      metrics: ['exact_match', 'pass@2'],
      exact_match: 0.5,
      'pass@2': 1,
      hon_eval: {
        grader: 'math',
        samples: [
          { correct: true, outcome: 'graded', tokens: 5, finish: 'eos' },
          { correct: false, outcome: 'prompt_too_long', tokens: 0, finish: 'context' },
        ],
      },
    });
    const [again] = await grade(output);
    expect(again).toMatchObject({
      changed: 0,
      exact_match: { value: 0.5 },
      outcomes: { graded: 1, prompt_too_long: 1 },
    });
  });

  test('may be the file itself, and is left alone where a line is bad', async () => {
    const file = await save('same.jsonl', line(0, '7', ['7']));
    await grade(file, { output: file });
    const good = await readFile(file, 'utf8');
    expect(JSON.parse(good)).toMatchObject({ exact_match: 1 });
    const bad = await save('bad.jsonl', line(0, '7', ['8']), '{"doc_id"');
    await expect(grade(bad, { output: file })).rejects.toMatchObject({ kind: 'results' });
    expect(await readFile(file, 'utf8')).toBe(good);
  });

  test('needs a place that can be written, and one file', async () => {
    const file = await save('one.jsonl', line(0, '7', ['7']));
    const missing = join(folder, 'missing', 'out.jsonl');
    await expect(grade(file, { output: missing })).rejects.toMatchObject({ kind: 'output' });
    const options: GradeOptions = { grader: 'auto', timeLimit: 5, output: join(folder, 'out.jsonl') };
    await expect(gradeFiles([file, file], options)).rejects.toMatchObject({ kind: 'usage' });
  });
});

describe('files without texts', () => {
  const pair = { gen_args_0: { arg_0: 'Which?', arg_1: ' this' } };
  test.each([
    [
      'log-likelihoods',
      line(0, '0', [], { arguments: pair, resps: [[['-1.5', 'False']]] }),
      /line 1: .*log-likelihoods do not/,
    ],
    ['rolling log-likelihoods', line(0, '0', ['-1.5'], { arguments: pair }), /log-likelihoods do not/],
    ['none at all', line(0, '0', []), /log-likelihoods do not/],
    ['hidden ones', line(0, 'A', ['0f'], { doc: { sha256: 'f0' } }), /line 1: .*--reveal/],
    ['no right answer', JSON.stringify({ doc_id: 0, resps: [['1']] }), /line 1: .*"target"/],
    ['no document', JSON.stringify({ resps: [['1']], target: '1' }), /line 1: .*"doc_id"/],
    ['not JSON', '{"doc_id": 0', /line 1: .*JSON/],
    ['nothing', '', /empty/],
  ])('%s', async (_, content, message) => {
    const verdict = grade(await save('wrong.jsonl', content));
    await expect(verdict).rejects.toMatchObject({ kind: 'results', message: expect.stringMatching(message) });
  });

  test('no file, and a folder', async () => {
    await expect(grade(join(folder, 'nowhere.jsonl'))).rejects.toMatchObject({ kind: 'results' });
    await expect(grade(folder)).rejects.toMatchObject({ kind: 'results', message: expect.stringContaining('folder') });
  });
});
