import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compareResults } from '../../src/compare/compare_results.ts';
import { formatPValue, renderComparison, renderFlips } from '../../src/compare/text.ts';
import type { TaskRecord } from '../../src/harness/record/run_record.ts';
import { readModel } from '../../src/results/read/read.ts';
import { outcomes, samplesFileOf, writeFlat, writeJson, writeResults } from '../results/made_results.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hon-eval-compare-'));
});
afterEach(() => rm(folder, { recursive: true }));

const options = { metric: 'customary', flips: false, confidence: 0.95, resamples: 2000, seed: 0 };

function compare(changes: Partial<Parameters<typeof compareResults>[2]> = {}) {
  return compareResults(path.join(folder, 'first'), path.join(folder, 'second'), { ...options, ...changes });
}

async function write(first: TaskRecord[], second: TaskRecord[]): Promise<string[]> {
  return [await writeResults(folder, 'first', first), await writeResults(folder, 'second', second)];
}

/** Scores over ten documents: three only the first model has right, one only the second. */
const [a, b] = ['1111100000', '1100010000'];

describe('compareResults', () => {
  it('tests the same documents against each other', async () => {
    await write([outcomes('sciq', a), outcomes('mine', '11')], [outcomes('sciq', b), outcomes('mine', '10')]);
    const { comparison } = await compare();
    const [sciq, mine] = comparison.benchmarks;
    // scipy.stats.ttest_rel and statsmodels' mcnemar(exact=True) of these ten documents
    expect(sciq).toMatchObject({ size: 10, paired: true, first: 0.5, second: 0.3, flips: { gained: 1, lost: 3 } });
    expect(sciq.difference.value).toBeCloseTo(-0.2, 12);
    expect(sciq.interval?.[0]).toBeCloseTo(-0.652431433, 6);
    expect(sciq.interval?.[1]).toBeCloseTo(0.252431433, 6);
    expect(sciq.pValue).toBeCloseTo(0.625, 12);
    expect(sciq.adjustedPValue).toBe(1);
    expect(sciq.bootstrap?.[0]).toBeCloseTo(-0.6, 1);
    expect(sciq.detectable).toBeCloseTo(0.6, 12); // six flips of ten documents
    expect(mine).toMatchObject({ flips: { gained: 0, lost: 1 }, detectable: null }); // even two flips of two are no news
    expect(comparison.average).toMatchObject({ first: 0.75, second: 0.4 });
    expect(comparison.average?.difference.value).toBeCloseTo(-0.35, 12);
    expect(comparison.caveats).toEqual([]);
  });

  it('gives the same bootstrap for the same seed, whatever other benchmarks there are', async () => {
    await write([outcomes('x', a), outcomes('y', a)], [outcomes('x', b), outcomes('y', b)]);
    const interval = async (changes: object) => (await compare(changes)).comparison.benchmarks.at(-1)?.bootstrap;
    const both = await interval({ confidence: 0.8 });
    expect(await interval({ confidence: 0.8, tasks: ['y'] })).toEqual(both);
    expect(await interval({ confidence: 0.9 })).not.toEqual(both);
  });

  it.each([
    [
      'a document more',
      (record: TaskRecord) => outcomes('x', '10111', record.task),
      /Cannot pair x of first and second: expected the same documents, got 4 and 5/,
    ],
    [
      'another document',
      (record: TaskRecord) => {
        record.documents.at(2)!.document.doc = { id: 'other' };
      },
      /their documents differ \(document 2\)/,
    ],
    [
      'another prompt',
      (record: TaskRecord) => {
        for (const { requests } of record.documents.slice(1)) requests[0][0] = 'Question:';
      },
      /their prompts differ \(3 of 4 documents, the first 1\)/,
    ],
    [
      'another choice',
      (record: TaskRecord) => {
        record.documents.at(3)!.requests[1][1] = ' other';
      },
      /their prompts differ \(document 3\)/,
    ],
  ])('refuses %s', async (_, change, says) => {
    const changed = outcomes('x', '1011');
    const replaced = change(changed);
    await write([outcomes('x', '1011')], [replaced ?? changed]);
    await expect(compare()).rejects.toMatchObject({ kind: 'results', message: expect.stringMatching(says) });
  });

  it('refuses samples that are not those of the results', async () => {
    const [file] = await write([outcomes('x', '1011')], [outcomes('x', '1011')]);
    const samples = samplesFileOf((await readModel(file)).model.benchmarks[0])!;
    const whole = readFileSync(samples, 'utf8');
    const lines = whole.split('\n');
    const cases: [string, RegExp][] = [
      [lines.slice(0, 3).join('\n'), /expected the 4 documents of the results, got 3/],
      [whole.slice(0, -20), /line 4: expected JSON/],
      [`${whole}${lines[0]}\n`, /expected each document once, got document 0 twice/],
      [whole.replace('"acc": 1.0', '"acc": 0.0'), /expected the mean acc of the results, 0\.75, got 0\.5/],
      [whole.replace('"acc": 1.0', '"acc": NaN'), /expected a finite acc of document 0, got NaN/],
    ];
    for (const [text, says] of cases) {
      writeFileSync(samples, text);
      await expect(compare()).rejects.toMatchObject({ kind: 'results', message: expect.stringMatching(says) });
    }
  });

  it('pairs documents that several processes wrote one after another', async () => {
    const [file] = await write([outcomes('x', a)], [outcomes('x', b)]);
    const { comparison } = await compare();
    const samples = samplesFileOf((await readModel(file)).model.benchmarks[0])!;
    const lines = readFileSync(samples, 'utf8').trimEnd().split('\n');
    writeFileSync(samples, '');
    for (const line of [...lines.slice(5), ...lines.slice(0, 5)]) appendFileSync(samples, `${line}\n`);
    expect((await compare()).comparison).toEqual(comparison);
  });

  it('falls back to an unpaired test without samples, and says so', async () => {
    const [file] = await write([outcomes('x', a)], [outcomes('x', b)]);
    rmSync(samplesFileOf((await readModel(file)).model.benchmarks[0])!);
    const { comparison } = await compare();
    // scipy.stats.ttest_ind(second, first, equal_var=False)
    expect(comparison.benchmarks[0]).toMatchObject({ paired: false, flips: null, bootstrap: null });
    expect(comparison.benchmarks[0].pValue).toBeCloseTo(0.388096133, 8);
    expect(comparison.caveats).toEqual([
      'Without samples of first the test is unpaired, and prompts are not checked: X.',
    ]);
    expect(renderComparison(comparison)).toContain(comparison.caveats[0]);
  });

  it('refuses other numbers of documents or examples where there are no samples', async () => {
    const flat = (acc: number, documents: number) => ({
      x: { acc, acc_stderr: Math.sqrt((acc * (1 - acc)) / (documents - 1)), sample_len: documents },
    });
    writeFlat(path.join(folder, 'first', 'r.json'), 'm', flat(0.5, 100));
    const second = writeFlat(path.join(folder, 'second', 'r.json'), 'm', flat(0.4, 200));
    await expect(compare()).rejects.toThrow(/expected the same number of documents, got 100 and 200/);
    writeFlat(second, 'm', flat(0.4, 100));
    expect((await compare()).comparison.first).toMatch(/^m@step143000 \(.*first.r\.json\)$/);
    writeFileSync(second, readFileSync(second, 'utf8').replace('"num_fewshot":0', '"num_fewshot":5'));
    await expect(compare()).rejects.toThrow(/without a benchmark in common: .* has x \(0-shot\); .* has x \(5-shot\)/);
  });

  it('takes no number of documents from the pooled error of a group', async () => {
    // As lm-evaluation-harness wrote MMLU in 2024: an error that 15,877 documents would have, where there are 14,042.
    const group = (acc: number, acc_stderr: number) => ({
      results: { all: { 'acc,none': acc, 'acc_stderr,none': acc_stderr }, part: { 'acc,none': 0.7 } },
      groups: { all: {} },
      group_subtasks: { all: ['part'] },
    });
    writeJson(path.join(folder, 'first', 'r.json'), group(0.65, 0.0038));
    writeJson(path.join(folder, 'second', 'r.json'), group(0.66, 0.0036));
    const { comparison } = await compare({ tasks: ['all'] });
    expect(comparison.benchmarks[0]).toMatchObject({ first: 0.65, second: 0.66, size: null, paired: false });
    // 2 (1 - Φ(0.01 / √(0.0038² + 0.0036²)))
    expect(comparison.benchmarks[0].pValue).toBeCloseTo(0.0560814993, 9);
  });

  it('pairs what has figures of single documents, and takes the others as they are', async () => {
    const sample = (id: number, metrics: object) =>
      JSON.stringify({ doc_id: id, doc: {}, arguments: [['q', ' a']], metrics: Object.keys(metrics), ...metrics });
    const write = (name: string, acc: number[], aggregated: number) => {
      const file = path.join(folder, name, 'results_2025-01-01T00-00-00.1.json');
      const figures = { 'mcc,none': aggregated, 'mcc_stderr,none': 0.1, 'perplexity,none': 10 * aggregated };
      const accuracy = acc.reduce((sum, score) => sum + score, 0) / acc.length;
      writeJson(file, { results: { chosen: { 'acc,none': accuracy }, pairs: figures } });
      const samples = (task: string) => path.join(folder, name, `samples_${task}_2025-01-01T00-00-00.1.jsonl`);
      writeFileSync(samples('chosen'), acc.map((score, i) => sample(i, { acc: score })).join('\n'));
      const pairs = [sample(0, { mcc: [1, 0], perplexity: -3 }), sample(1, { mcc: [1, 1], perplexity: -2 })];
      writeFileSync(samples('pairs'), pairs.join('\n'));
    };
    write('first', [1, 0, 1, 0], 0.3);
    write('second', [1, 1, 1, 0], 0.4);
    const { comparison } = await compare();
    const facts = comparison.benchmarks.map(({ benchmark, paired, first, second }) => [
      benchmark.name,
      paired,
      first,
      second,
    ]);
    expect(facts).toEqual([
      ['chosen', true, 0.5, 0.75],
      ['pairs', false, 0.3, 0.4],
    ]);
    expect(comparison.caveats).toEqual(['Unpaired, as the figure is not a mean over documents: mcc of pairs.']);
    const { comparison: other } = await compare({ metric: 'perplexity', tasks: ['pairs'] });
    expect(other.benchmarks[0]).toMatchObject({ paired: false, first: 3, second: 4, pValue: null });
  });

  it('leaves out a benchmark whose prompts differ, and says so', async () => {
    const changed = outcomes('y', '1011');
    changed.documents.at(0)!.requests[0][0] = 'Question:';
    await write([outcomes('x', '1011'), outcomes('y', '1011')], [outcomes('x', '1010'), changed]);
    const { comparison } = await compare();
    expect(comparison.benchmarks.map(({ benchmark }) => benchmark.name)).toEqual(['x']);
    expect(comparison.caveats[0]).toMatch(/^Left out: Cannot pair y of first and second: their prompts differ/);
  });

  it('leaves out what only one model has, unless it is asked for', async () => {
    await write([outcomes('x', a), outcomes('y', a)], [outcomes('x', b)]);
    const { comparison, notices } = await compare();
    expect(comparison.benchmarks.map(({ benchmark }) => benchmark.name)).toEqual(['x']);
    expect(comparison.average).toBeNull();
    expect(notices).toEqual(['Left out Y, which only one of the models has.']);
    await expect(compare({ tasks: ['x', 'y'] })).rejects.toThrow(/second \(.*\) has no results of y/);
    await expect(compare({ metric: 'acc_nrom' })).rejects.toThrow(
      /no metric named "acc_nrom"; did you mean acc_norm\?/,
    );
  });

  it('refuses results without a benchmark in common', async () => {
    await write([outcomes('x', a)], [outcomes('y', b)]);
    await expect(compare()).rejects.toThrow(
      /without a benchmark in common: .* has x \(0-shot\); .* has y \(0-shot\)\./,
    );
  });
});

describe('flips', () => {
  it('are the documents that one model has right, with choices and log-likelihoods', async () => {
    await write([outcomes('sciq', a)], [outcomes('sciq', b)]);
    const { flips } = await compare({ flips: true });
    expect(flips?.map(({ id }) => id)).toEqual([2, 3, 4, 5]);
    expect(renderFlips(flips!.slice(-1), { bold: false }).split('\n')).toEqual([
      'SciQ 5: only B right',
      'Q:',
      '   A          B          choice (< chosen, * right)',
      '───────────────────────────────────────────────────',
      '*  -9.000     -1.000  <  ab',
      '   -1.000  <  -9.000     abab',
    ]);
    expect((await compare()).flips).toBeNull();
  });

  it('go by the metric: another one may choose otherwise', async () => {
    // Per character the longer choice has -0.75 against -1.
    const first = outcomes('sciq', '1');
    first.documents.at(0)!.scores = [-2, -3].map((logLikelihood) => ({ logLikelihood, greedy: false, tokens: 1 }));
    await write([first], [outcomes('sciq', '1')]);
    expect((await compare({ flips: true, metric: 'acc' })).flips).toEqual([]);
    const { flips } = await compare({ flips: true, metric: 'acc_norm' });
    expect(flips?.[0].answers.map((answer) => answer?.chosen)).toEqual([1, 0]);
    expect(renderFlips(flips!, { bold: false }).split('\n').slice(-2)).toEqual([
      '*  -1.000     -0.500  <  ab',
      '   -0.750  <  -2.250     abab',
    ]);
  });

  it.each([
    ['gpqa_main_n_shot', {}],
    ['renamed', { configs: { renamed: { dataset_path: 'Idavidrein/gpqa' } } }],
    ['renamed', { hon_eval: { tasks: { renamed: { confidential: true } } } }],
  ])('of %s with %j show no text', async (task, changes) => {
    const requests = [' yes', ' no'].map((choice) => ['Which?', choice]);
    for (const [i, name] of ['first', 'second'].entries()) {
      const place = (kind: string) => path.join(folder, name, `${kind}_2025-01-01T00-00-00.1`);
      writeJson(`${place('results')}.json`, { results: { [task]: { 'acc,none': i } }, ...changes });
      const responses = [
        ['-1', 'True'],
        ['-2', 'False'],
      ];
      writeJson(`${place(`samples_${task}`)}.jsonl`, {
        ...{ doc_id: 0, doc: { q: 'Which?' }, target: '0', arguments: requests, filtered_resps: responses },
        ...{ metrics: ['acc'], acc: i },
      });
    }
    const { flips } = await compare({ flips: true });
    expect(renderFlips(flips!, { bold: false })).not.toMatch(/Which|yes|no\b/);
    expect(renderFlips(flips!, { bold: false })).toContain('choice 0');
  });

  it('print text from elsewhere on one line and without escapes', async () => {
    const records = ['1', '0'].map((right) => outcomes('sciq', right));
    for (const { documents } of records)
      for (const request of documents.at(0)!.requests) request[0] = `\u001b[2J${'x'.repeat(400)}\n\u202eQ`;
    await write([records[0]], [records[1]]);
    const { flips } = await compare({ flips: true });
    const text = renderFlips(flips!, { bold: false });
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
    expect(text.split('\n')).toHaveLength(6);
    expect(text.split('\n')[1]).toMatch(/^…x{296} ?x* ?Q$/);
  });
});

it('renderComparison prints what differs and what could have been seen', async () => {
  const [long, other] = [a.repeat(10), b.repeat(10)];
  await write([outcomes('sciq', long), outcomes('piqa', long)], [outcomes('sciq', other), outcomes('piqa', long)]);
  const lines = renderComparison((await compare()).comparison).split('\n');
  expect(lines.slice(0, 9)).toEqual([
    'A: first',
    'B: second',
    '',
    'Benchmark  documents     A     B  B - A    95% interval      p   Holm',
    '─────────────────────────────────────────────────────────────────────',
    'PIQA             100  .500  .500   .000    .000 to .000  1.000  1.000',
    'SciQ             100  .500  .300  -.200  -.320 to -.080   .002   .004',
    'Avg.                  .500  .400  -.100  -.160 to -.040   .001',
    '',
  ]);
  expect(lines[11]).toMatch(/^PIQA +0 +0 +\.000 to \.000 +\.060$/);
  expect(lines[12]).toMatch(/^SciQ +30 +10 +-\.3\d\d to -\.\d{3} +\.169$/);
});

it.each([
  [null, '–'],
  [0.0004, '<.001'],
  [0.0005, '.001'],
  [0.25, '.250'],
])('formatPValue writes %s as %s', (value, text) => {
  expect(formatPValue(value)).toBe(text);
});
