import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askedChoices, decidingScores } from '../../../src/results/read/choices.ts';
import { readModel, readResults } from '../../../src/results/read/read.ts';
import { readSamples, type Sample } from '../../../src/results/read/samples.ts';
import { exampleRun, exampleTask, lmEvalLines } from '../example_run.ts';
import { outcomes, samplesFileOf, sourceOf, writeFlat, writeResults } from '../made_results.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hon-eval-read-'));
});
afterEach(() => rm(folder, { recursive: true }));

function write(name: string, content: unknown): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

/** A results file of lm-evaluation-harness 0.4, cut down to what is read. */
const current = {
  results: {
    arc_easy: { alias: 'arc_easy', 'acc,none': 0.25, 'acc_stderr,none': 0.05, 'acc_norm,none': 0.5 },
    gsm8k: { alias: 'gsm8k', 'exact_match,strict-match': 0.1, 'exact_match_stderr,strict-match': 'N/A' },
    wikitext: { alias: 'wikitext', 'word_perplexity,none': 12.5, 'word_perplexity_stderr,none': 'N/A' },
    ai2: { alias: 'ai2', 'acc,none': 0.25, 'acc_stderr,none': 0.05 },
  },
  groups: { ai2: { alias: 'ai2', 'acc,none': 0.25, 'acc_stderr,none': 0.05 } },
  group_subtasks: { ai2: ['arc_easy'], gsm8k: [] },
  versions: { arc_easy: 1.0 },
  'n-shot': { arc_easy: 5 },
  'n-samples': { arc_easy: { original: 2376, effective: 100 } },
  config: { model: 'hf', model_args: 'pretrained=lab/model-1.4b,revision=step1', model_num_parameters: 14e8 },
  date: 17e8,
  model_name: 'lab/model-1.4b',
};

it("tasks that lm-evaluation-harness calls otherwise have the project's names", async () => {
  const results = { gpqa_diamond_zeroshot: { 'acc,none': 0.25 }, gpqa_diamond_cot_zeroshot: { 'acc,none': 0.5 } };
  write('samples_gpqa_diamond_zeroshot_2025-01-02T03-04-05.6.jsonl', '');
  const { model } = await readModel(write('results_2025-01-02T03-04-05.6.json', { ...current, results }));
  expect(model.benchmarks.map(({ name }) => name)).toEqual(['gpqa_diamond', 'gpqa_diamond_cot_zeroshot']);
  expect(path.basename(samplesFileOf(model.benchmarks[0])!)).toMatch(/^samples_gpqa_diamond_zeroshot_/);
});

describe('one file', () => {
  it("of hon-eval's has the model, its figures and its samples", async () => {
    const file = await writeResults(folder, 'made/model', [exampleTask()], {
      model: { ...exampleRun().model, honSetting: { order: 2, projections: ['q'], inner: 'self' } },
    });
    const { model } = await readModel(file);
    expect(model).toMatchObject({
      name: 'made/model',
      parameters: 1234,
      honSetting: { order: 2, projections: ['q'], inner: 'self' },
      date: new Date(2025, 0, 2, 3, 4, 5, 250).getTime() / 1000,
      groups: [],
    });
    const [colours] = model.benchmarks;
    expect(colours).toMatchObject({ name: 'colours', shots: 0 });
    expect(sourceOf(colours)).toMatchObject({ file, size: 2, available: 9, headline: 'acc', delimiter: ' ' });
    expect([...colours.figures.keys()].slice(0, 5)).toEqual([
      ...['acc', 'acc_norm', 'acc_bytes', 'prob', 'gold_bits_per_byte'],
    ]);
    expect(colours.figures.get('gold_bits_per_byte')).toMatchObject({ higherIsBetter: false, unit: 'bits per byte' });
    expect(colours.figures.get('acc_norm')).toMatchObject({ value: 0.5, stderr: 0.5, isMean: true });
    expect(path.basename(samplesFileOf(colours)!)).toMatch(/^samples_colours_2025/);
  });

  it("of lm-evaluation-harness's current schema has groups apart", async () => {
    const { model } = await readModel(write('results_2025-01-01T00-00-00.1.json', current));
    expect(model).toMatchObject({ name: 'lab/model-1.4b@step1', parameters: 14e8, honSetting: null });
    expect(model.benchmarks.map((each) => [each.name, sourceOf(each).size, each.shots])).toEqual([
      ['arc_easy', 100, 5],
      ['gsm8k', null, null],
      ['wikitext', null, null],
    ]);
    expect(model.groups.map(({ name }) => name)).toEqual(['ai2']);
    expect([...model.benchmarks[1].figures]).toEqual([
      ['exact_match,strict-match', expect.objectContaining({ value: 0.1, stderr: null, higherIsBetter: true })],
    ]);
    expect(model.groups[0].members).toEqual(['arc_easy']);
    expect(model.benchmarks[2].figures.get('word_perplexity')?.higherIsBetter).toBe(false);
  });

  it('of the flat schema of 2021 to 2023 has no document counts, and none is inferred', async () => {
    // EleutherAI's published figures of Pythia 70M, whose files do not say how many documents there were.
    const results = {
      arc_easy: {
        acc: 0.37373737373737376,
        acc_stderr: 0.009927267058259621,
        acc_norm: 0.3501683501683502,
        acc_norm_stderr: 0.009788295410093142,
      },
      sciq: { acc: 0.601, acc_stderr: 0.015493193313162906 },
      lambada_openai: { ppl: 142.42891015470678, ppl_stderr: 6.043810708201551 },
    };
    const { model } = await readModel(writeFlat(path.join(folder, '70m.json'), 'EleutherAI/pythia-v1.1-70m', results));
    expect(model.name).toBe('EleutherAI/pythia-v1.1-70m@step143000');
    expect(model.benchmarks.map((each) => [each.name, sourceOf(each).size, each.shots])).toEqual([
      ['arc_easy', null, 0],
      ['sciq', null, 0],
      ['lambada_openai', null, 0],
    ]);
    expect([...model.benchmarks[0].figures.keys()]).toEqual(['acc', 'acc_norm']);
    expect(model.benchmarks[2].figures.get('ppl')).toMatchObject({ value: 142.42891015470678, higherIsBetter: false });
  });

  it('may hold the numbers that only Python writes as JSON', async () => {
    const text = '{"results": {"a": {"acc,none": NaN, "acc_stderr,none": -Infinity, "alias": "NaN \\" Infinity"}}}';
    const { model } = await readModel(write('odd.json', text));
    expect(model.benchmarks[0].figures.get('acc')).toMatchObject({ value: Number.NaN, stderr: null });
    expect(model.name).toBe('odd');
  });

  it.each([
    ['is missing', 'no such file', null],
    ['is cut in the middle', 'does not parse.*is it cut short', JSON.stringify(current).slice(0, 300)],
    ['is empty', 'does not parse', ''],
    ['nests too deep', 'more than 100 levels', `{"results":${'['.repeat(5_000)}${']'.repeat(5_000)}}`],
    ['has no results', 'an object with "results"', { rows: [] }],
    ['has a list of results', 'an object with "results"', { results: [] }],
    ['has no figures', 'at least one benchmark', { results: { a: { alias: 'a' } } }],
    ['has a benchmark that is no object', 'figures of the benchmark a, got 0\\.5', { results: { a: 0.5 } }],
    [
      'mixes the schemas',
      'a: mixes the current schema \\("acc,none"\\) with the flat one \\("acc_norm"\\)',
      { results: { a: { 'acc,none': 0.5, acc_norm: 0.5 } } },
    ],
  ])('that %s is refused', async (_, says, content) => {
    const file = content === null ? path.join(folder, 'nowhere.json') : write('bad.json', content);
    await expect(readResults([file])).rejects.toMatchObject({
      kind: 'results',
      message: expect.stringMatching(new RegExp(`${path.basename(file)}.*${says}`, 's')),
    });
  });

  it('of samples is refused', async () => {
    const file = write('samples_a.jsonl', lmEvalLines.join('\n'));
    await expect(readResults([file])).rejects.toThrow(/give the results file, not its samples/);
  });
});

describe('folders', () => {
  it('give the newest results of each model in each folder, and say what was passed over', async () => {
    const times = [new Date(2025, 0, 1), new Date(2025, 0, 3), new Date(2025, 0, 2)];
    for (const startedAt of times) await writeResults(folder, 'one', [outcomes('a', '10')], { startedAt });
    await writeResults(folder, 'two', [outcomes('a', '11')]);
    write('one/.hidden.json', 'not JSON');
    write('one/config.json', { architectures: [] });
    write('notes.json', 'not JSON either');
    const { models, notices } = await readResults([folder]);
    expect(models.map(({ name, date }) => [name, date])).toEqual([
      ['one', times[1].getTime() / 1000],
      ['two', expect.any(Number)],
    ]);
    expect(notices).toEqual(['The newest figures count; passed over older ones of one (a in 2 files).']);
  });

  it('count any JSON file with results, as EleutherAI names them by checkpoint', async () => {
    writeFlat(path.join(folder, 'zero-shot/70m.json'), 'lab/pythia-70m', { a: { acc: 0.5 } });
    writeFlat(path.join(folder, 'zero-shot/160m.json'), 'lab/pythia-160m', { a: { acc: 0.5 } });
    const { models } = await readResults([folder]);
    expect(models.map(({ ownName }) => ownName)).toEqual(['lab/pythia-160m@step143000', 'lab/pythia-70m@step143000']);
  });

  it('without results are refused, and so is a damaged results file in them', async () => {
    await expect(readResults([folder])).rejects.toThrow(/expected a results_\*\.json/);
    write('results_x.json', '{');
    await expect(readResults([folder])).rejects.toThrow(/results_x\.json: expected JSON/);
  });
});

describe('labels', () => {
  it('tell models of one name apart', async () => {
    const files = ['a', 'b'].map((name) => writeFlat(path.join(folder, name, 'r.json'), 'm', { t: { acc: 0.5 } }));
    expect((await readResults(files)).models).toHaveLength(1);
    const { models } = await readResults([`first=${files[0]}`, files[1]]);
    expect(models.map(({ name }) => name)).toEqual(['first', 'm@step143000']);
    expect(models[0].ownName).toBe('m@step143000');
    writeFlat(path.join(folder, 'c.json'), 'n', { t: { acc: 0.5 } });
    await expect(readResults([`both=${folder}`])).rejects.toThrow(/2 models; the name both fits one/);
  });

  it('do not hide a file with an equals sign in its name', async () => {
    const { models } = await readResults([writeFlat(path.join(folder, 'lr=1.json'), 'm', { t: { acc: 0.5 } })]);
    expect(models[0].name).toBe('m@step143000');
  });
});

it('readModel refuses several models, and says how to name one: its folder, or its file beside those of others', async () => {
  for (const name of ['a.json', 'b.json', 'c/c.json', 'd/d.json', 'e/e.json'])
    writeFlat(path.join(folder, name), name, { t: { acc: 0.5 } });
  const [a, b, c, d] = ['a.json', 'b.json', 'c', 'd'].map((name) => path.join(folder, name));
  await expect(readModel(folder)).rejects.toThrow(
    `${folder}: expected the results of one model, got those of 5: a.json@step143000 (${a}), b.json@step143000 (${b}), ` +
      `c/c.json@step143000 (${c}), d/d.json@step143000 (${d}), 1 more; name the file or folder of one, such as ${a}.`,
  );
});

describe('readSamples', () => {
  async function all(text: string): Promise<Sample[]> {
    const samples: Sample[] = [];
    for await (const sample of readSamples(write('samples.jsonl', text))) samples.push(sample);
    return samples;
  }

  it("reads lm-evaluation-harness's lines, hon-eval's and those of 2024 alike", async () => {
    const file = await writeResults(folder, 'm', [exampleTask()]);
    const own = readFileSync(samplesFileOf((await readModel(file)).model.benchmarks[0])!, 'utf8');
    const old = lmEvalLines.map((line) => {
      const { arguments: requests, filtered_resps, doc_hash: _, ...rest } = JSON.parse(line);
      const lists = Object.values(requests as object).map(({ arg_0, arg_1 }) => [arg_0, arg_1]);
      const numbers = filtered_resps.map(([value]: [string]) => [Number(value), false]);
      return JSON.stringify({ ...rest, arguments: lists, filtered_resps: numbers });
    });
    const [first] = await all(lmEvalLines.join('\n'));
    expect(first).toMatchObject({
      id: 1,
      target: '1',
      requests: [
        ["Question: Quelle couleur a l'été ?\nAnswer:", ' doré'],
        ["Question: Quelle couleur a l'été ?\nAnswer:", ' bleu été'],
        ["Question: Quelle couleur a l'été ?\nAnswer:", ' x'],
      ],
      logLikelihoods: [-32.819427490234375, -32.54680633544922, -10.776280403137207],
      docHash: 'a8439a2cb4275e6787265c9b27f07fc8c988d28c050b2ff2575a1a871b8166f3',
      choiceTokens: null,
    });
    expect([...first.scores]).toEqual([
      ['acc', 0],
      ['acc_norm', 1],
      ['acc_bytes', 1],
    ]);
    const expected = await all(lmEvalLines.join('\n'));
    const extra = { choiceTokens: null, choiceScores: new Map() };
    const ownSamples = await all(own);
    const withoutSignals = ownSamples.map(({ metrics, scores, ...sample }) => ({
      ...sample,
      ...extra,
      metrics: metrics.slice(0, 3),
      scores: new Map([...scores].slice(0, 3)),
    }));
    expect(withoutSignals).toEqual(expected);
    expect(ownSamples[0].scores.get('margin')).toBeCloseTo(-32.54680633544922 + 10.776280403137207, 12);
    expect((await all(own))[1].choiceScores.get('acc_norm')?.[1]).toBeCloseTo(-10.608695983886719 / 5, 12);
    expect((await all(own))[1].choiceTokens).toEqual([1, 2, 3]);
    expect(await all(old.join('\n'))).toEqual(expected);
  });

  it('reads answers in writing under their filter, and documents without texts', async () => {
    const [written, hashed] = await all(
      [
        '{"doc_id": 0, "doc": {}, "target": "7", "arguments": {"gen_args_0": {"arg_0": "Q", "arg_1": {"until": []}}}, ' +
          '"filtered_resps": ["7"], "filter": "strict", "metrics": ["exact_match"], "exact_match": 1.0}',
        '{"doc_id": 1, "doc_hash": "d", "prompt_hash": "p", "target": "0", "metrics": ["acc"], "acc": NaN}',
      ].join('\n\n'),
    );
    expect(written).toMatchObject({ logLikelihoods: null, requests: [['Q', '']] });
    expect([...written.scores]).toEqual([['exact_match,strict', 1]]);
    expect(hashed).toMatchObject({ doc: null, hashed: true, docHash: 'd', requestsHash: 'p', requests: [] });
    expect(hashed.scores.get('acc')).toBeNaN();
  });

  it('takes apart the requests with and without the question that acc_mutual_info has', async () => {
    const requests = ['q', 'q', '', ''].map((context, i) => [context, i % 2 ? ' b' : ' a']);
    const responses = [-1, -2, -1, -4].map((value) => [value, false]);
    const metrics = { metrics: ['acc', 'acc_mutual_info'], acc: 1, acc_mutual_info: 0 };
    const [sample] = await all(
      JSON.stringify({ doc_id: 0, doc: {}, target: '0', arguments: requests, filtered_resps: responses, ...metrics }),
    );
    expect(sample).toMatchObject({ requests: requests.slice(0, 2), logLikelihoods: [-1, -2], unconditional: [-1, -4] });
    expect(askedChoices(sample, ' ')).toEqual({ context: 'q', choices: ['a', 'b'], gold: 0 });
    expect(decidingScores(sample, ['a', 'b'], 'acc_mutual_info')).toEqual([0, 2]);
    expect(decidingScores(sample, ['a', 'b'], 'acc')).toEqual([-1, -2]);
  });

  it("knows Python's infinities", async () => {
    const [sample] = await all(
      '{"doc_id": 0, "doc": {}, "arguments": [["a", "b"], ["a", "c"]], "filtered_resps": [["-inf", "False"], ["nan", "True"]]}',
    );
    expect(sample.logLikelihoods).toEqual([Number.NEGATIVE_INFINITY, Number.NaN]);
  });

  it('refuses bytes that are no UTF-8 as what they are: damaged results', async () => {
    const file = write('samples.jsonl', '');
    writeFileSync(file, Buffer.concat([Buffer.from('{"doc_id": 0, "doc": {"q": "'), Buffer.from([0xff, 0xfe])]));
    const read = async () => {
      for await (const _ of readSamples(file));
    };
    await expect(read()).rejects.toMatchObject({ kind: 'results', message: expect.stringMatching(/expected UTF-8/) });
  });

  it.each([
    ['is cut', '{"doc_id": 0, "do', /line 1: expected JSON .*cut short/],
    ['is no object', '[1]', /line 1: expected a JSON object/],
    ['has no document', '{"doc_id": 0}', /line 1: expected a document/],
    ['has no prompt', '{"doc_id": 0, "doc": {}}', /line 1: expected "arguments"/],
  ])('refuses a line that %s', async (_, text, says) => {
    await expect(all(text)).rejects.toMatchObject({ kind: 'results', message: expect.stringMatching(says) });
  });
});

it('a results file without samples beside it has none', async () => {
  const file = await writeResults(folder, 'm', [outcomes('a', '10'), outcomes('../x', '1')]);
  const { benchmarks } = (await readModel(file)).model;
  expect(benchmarks.map((each) => path.basename(samplesFileOf(each) ?? ''))).toEqual([
    expect.stringMatching(/^samples_a_/),
    expect.stringMatching(/^samples_\.\.__x_/),
  ]);
  for (const benchmark of benchmarks) rmSync(samplesFileOf(benchmark)!);
  expect((await readModel(file)).model.benchmarks.map(samplesFileOf)).toEqual([null, null]);
});
