import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import type { HonSetting } from '../../../src/model/hon.ts';
import { makeTable } from '../../../src/report/table/make_table.ts';
import { paperTables, publishedTable } from '../../../src/report/table/paper.ts';
import { renderTable } from '../../../src/report/table/terminal.ts';
import type { ModelResults } from '../../../src/results/model_results.ts';
import { groupByScale, nominalSize } from '../../../src/results/scale.ts';
import { exampleRun } from '../../results/example_run.ts';
import { outcomes, writeFlat, writeJson, writeResults } from '../../results/made_results.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hon-eval-table-'));
});
afterEach(() => rm(folder, { recursive: true }));

const options = { alpha: 0.05 };
const base = exampleRun().model;
const shared: HonSetting = { order: 2, projections: ['q', 'k'], inner: 'shared' };

/** Documents of which the first `right` are right. */
const first = (right: number, size: number) => '1'.repeat(right) + '0'.repeat(size - right);

describe('makeTable', () => {
  it("has the project's benchmarks first and in the paper's order, each by its customary metric", async () => {
    await writeResults(folder, 'm', [
      outcomes('zebra', '10', { headline: 'acc_bytes' }),
      outcomes('sciq', '1'),
      outcomes('hellaswag', '0'),
      outcomes('arc_challenge', '1'),
    ]);
    const { table } = await makeTable([folder], options);
    expect(table.columns.map(({ title, metric }) => [title, metric])).toEqual([
      ['ARC-C', 'acc_norm'],
      ['HellaSwag', 'acc_norm'],
      ['SciQ', 'acc'],
      ['ZEBRA', 'acc_bytes'],
    ]);
    const only = await makeTable([folder], { ...options, tasks: ['zebra', 'paper'], metric: 'acc' });
    expect(only.table.columns.map(({ title, metric }) => [title, metric])).toEqual([
      ['ZEBRA', 'acc'],
      ['ARC-C', 'acc'],
      ['HellaSwag', 'acc'],
      ['SciQ', 'acc'],
    ]);
    await expect(makeTable([folder], { ...options, tasks: ['zebar'] })).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringContaining('did you mean zebra?'),
    });
  });

  it('marks what differs from the first row of its group over the same documents', async () => {
    const tasks = (a: string, b: string) => [outcomes('a', a), outcomes('b', b)];
    await writeResults(folder, 'standard', tasks(first(40, 100), first(50, 100)));
    await writeResults(folder, 'hon', tasks(first(52, 100), first(52, 100)), {
      model: { ...base, honSetting: shared },
    });
    const { table, notices } = await makeTable([folder], options);
    expect(table.rows.map(({ label, group }) => [label, group])).toEqual([
      ['standard', undefined],
      ['hon', undefined],
    ]);
    // 12 flips one way: p = 2 / 2^12, doubled by Holm; 2 flips one way: p = 1 / 2.
    expect(table.rows[1].cells.map((cell) => cell?.mark)).toEqual(['*', undefined]);
    expect(table.rows[1].average?.mark).toBe('*');
    expect(table.rows[0].cells.every((cell) => !cell?.mark)).toBe(true);
    expect(table.notes?.at(-1)).toMatch(/^\* differs .* 0\.05, Holm-corrected over the row \(McNemar's exact test/);
    expect(notices).toEqual([]);
    const strict = await makeTable([folder], { alpha: 1e-4 });
    expect(strict.table.rows[1].cells[0]?.mark).toBeUndefined();
    const none = await makeTable([folder], { alpha: 1e-9 });
    expect(none.table.notes?.[1]).toMatch(/^No figure differs/);
    const { table: plain } = await makeTable([folder], { alpha: null });
    expect(plain.rows[1].cells[0]?.mark).toBeUndefined();
    expect(plain.notes).toEqual(['Metric: acc']);
  });

  it('tests without samples too, and says so', async () => {
    const flat = (acc: number) => ({ a: { acc, acc_stderr: Math.sqrt((acc * (1 - acc)) / 999) } });
    writeFlat(path.join(folder, 'x.json'), 'x', flat(0.5));
    writeFlat(path.join(folder, 'y.json'), 'y', flat(0.6));
    const { table } = await makeTable([folder], options);
    expect(table.rows[1].cells[0]?.mark).toBe('*');
    expect(table.notes?.[1]).toContain("(Welch's t test where documents cannot be paired; ");
  });

  it('averages accuracies alone', async () => {
    const results = (acc: number) => ({ a: { acc }, b: { acc: 0.5 }, c: { word_perplexity: 25 }, d: { bleu_max: 30 } });
    writeFlat(path.join(folder, 'x.json'), 'x', results(0.6));
    const { table } = await makeTable([folder], options);
    expect(table.rows[0].average?.value).toBeCloseTo(0.55, 12);
    expect(table.notes).toContain('Avg.: of the accuracies alone (a, b)');
    const { table: mixed } = await makeTable([folder], { ...options, tasks: ['a', 'c', 'd'] });
    expect(mixed.rows[0].average).toBeNull();
    expect(renderTable(mixed)).not.toContain('Avg.');
  });

  it('tests against the model that --baseline names, across scales', async () => {
    await writeResults(folder, 'lab/x-70m', [outcomes('a', first(40, 100))]);
    await writeResults(folder, 'lab/y-160m', [outcomes('a', first(52, 100))]);
    const marks = async (baseline?: string) => {
      const { table } = await makeTable([folder], { ...options, baseline });
      return [table.rows.map(({ cells }) => cells[0]?.mark), table.notes?.at(-1)];
    };
    expect((await marks())[0]).toEqual([undefined, undefined]);
    expect(await marks('x-70m')).toEqual([[undefined, '*'], expect.stringMatching(/^\* differs from x-70m at 0\.05/)]);
    expect((await marks('lab/y-160m'))[0]).toEqual(['*', undefined]);
    await expect(marks('z')).rejects.toThrow(/--baseline to name one of the models \(x-70m, y-160m\), got "z"/);
  });

  it('does not test one family against another of the same scale', async () => {
    const flat = (acc: number) => ({ a: { acc, acc_stderr: 0.001 } });
    for (const [i, name] of ['pythia-1.4b', 'pythia-1.4b-deduped', 'Qwen2.5-1.5B'].entries())
      writeFlat(path.join(folder, `${name}.json`), `lab/${name}`, flat(0.4 + i / 10));
    const { table } = await makeTable([folder], options);
    const marked = table.rows.filter(({ cells }) => cells[0]?.mark === '*');
    expect(marked).toHaveLength(1);
    expect(marked[0].label).toMatch(/^pythia/);
    expect(table.notes?.at(-2)).toMatch(/^\* differs from the first row of its family at/);
    expect(table.notes?.at(-1)).toMatch(/--baseline NAME/);
  });

  it('says where tests were of scores that are not right or wrong', async () => {
    const tasks = (scale: number) => {
      const record = outcomes('a', '1100101', { metrics: ['acc', 'prob'], headline: 'prob' });
      for (const document of record.documents)
        document.scores.forEach((score) => {
          score.logLikelihood *= scale;
        });
      return [record];
    };
    await writeResults(folder, 'x', tasks(1));
    await writeResults(folder, 'y', tasks(2));
    const { table } = await makeTable([folder], options);
    expect(table.notes?.at(-1)).toContain("(Student's paired t test over the same documents;");
  });

  it('folds groups that have figures of their own, and opens them on request', async () => {
    const acc = (value: number) => ({ 'acc,none': value });
    writeJson(path.join(folder, 'r.json'), {
      results: { mmlu: acc(0.5), stem: acc(0.4), physics: acc(0.3), law: acc(0.6), piqa: acc(0.7) },
      groups: { mmlu: {}, stem: {} },
      group_subtasks: { mmlu: ['stem', 'law'], stem: ['physics'], heading: ['piqa'] },
    });
    const titles = async (changes: object = {}) =>
      (await makeTable([folder], { ...options, ...changes })).table.columns.map(({ title }) => title);
    expect(await titles()).toEqual(['PIQA', 'mmlu']);
    expect(await titles({ expand: true })).toEqual(['PIQA', 'physics', 'law']);
    expect(await titles({ tasks: ['mmlu'], expand: true })).toEqual(['law', 'physics']);
    expect(await titles({ tasks: ['law'] })).toEqual(['law']);
    // Another model has a member and not the group: then nothing can be folded for all.
    writeJson(path.join(folder, 's.json'), { results: { law: acc(0.5) }, config: { model_args: 'pretrained=other' } });
    expect(await titles()).toEqual(['PIQA', 'stem', 'law']);
    const groups = { arc_easy_olmes: {} };
    const olmes = { results: { arc_easy_rc_olmes: acc(0.5), arc_easy_mc_olmes: acc(0.4), arc_easy_olmes: acc(0.5) } };
    const members = { group_subtasks: { arc_easy_olmes: ['arc_easy_rc_olmes', 'arc_easy_mc_olmes'] } };
    writeJson(path.join(folder, 'r.json'), { ...olmes, ...members, groups });
    expect(await titles({ tasks: ['olmes'] })).toEqual(['arc_easy_olmes']);
  });

  it('marks figures of a part of the documents, and counts them', async () => {
    const part = { ...outcomes('a', '10'), available: 9 };
    await writeResults(folder, 'x', [part, { ...outcomes('b', '11'), available: 2 }]);
    const { table } = await makeTable([folder], options);
    expect(table.rows[0].cells.map((cell) => [cell?.mark, cell?.size])).toEqual([
      ['‡', 2],
      [undefined, 2],
    ]);
    expect(table.notes).toContain('‡ of a part of the documents: A 2 of 9');
  });

  it('has the best of what is shown in bold beside the paper', async () => {
    const { printTable } = await import('../../../src/report/table/cells.ts');
    writeFlat(path.join(folder, 'a.json'), 'lab/pythia-70m', { sciq: { acc: 0.5 } });
    const { table } = await makeTable([folder], { alpha: null, paper: 'table1', metric: 'acc' });
    const rows = printTable(table).rows.filter((_, i) => table.rows[i].group === '70M');
    const best = rows.filter(({ cells }) => cells[5].best).map(({ texts }) => texts[1]);
    expect(best).toEqual(['paper: Hon']);
  });

  it('does not test what cannot be compared, and says why', async () => {
    await writeResults(folder, 'x', [outcomes('a', first(1, 50))]);
    await writeResults(folder, 'y', [outcomes('a', first(49, 60))]);
    const { table } = await makeTable([folder], options);
    expect(table.rows[1].cells[0]?.mark).toBeUndefined();
    expect(table.notes?.[1]).toMatch(
      /^Not tested: Cannot pair a of x and y: expected the same documents, got 50 and 60/,
    );
  });

  it('refuses a figure that is no number, where it is asked for', async () => {
    writeFlat(path.join(folder, 'x.json'), 'x', { a: { acc: 0.5 }, b: { acc: 0.5 } });
    const file = writeFlat(path.join(folder, 'y.json'), 'y', { a: { acc: 0.5 }, b: { acc: 'bad' } });
    const { writeFileSync, readFileSync } = await import('node:fs');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"bad"', 'NaN'));
    await expect(makeTable([folder], options)).rejects.toThrow(/y\.json: expected a finite acc of b, got NaN/);
    expect((await makeTable([folder], { ...options, tasks: ['a'] })).table.rows).toHaveLength(2);
  });
});

describe('groups by scale', () => {
  const model = (name: string, parameters: number | null = null, honSetting: HonSetting | null = null) =>
    ({ name, ownName: name, parameters, honSetting, base: null }) as ModelResults;

  it('go from small to large, and from standard to recursive as Table 2 does', () => {
    const groups = groupByScale([
      model('pythia-160m'),
      model('hon-recursive', 70_426_624, { ...shared, order: 3 }),
      model('hon-qk-shared', 70_426_624, shared),
      model('hon-qkv', 84_600_000, { order: 2, projections: ['q', 'k', 'v'], inner: 'separate' }),
      model('hon-q', 75_145_216, { order: 2, projections: ['q'], inner: 'separate' }),
      model('mystery'),
      model('lab/pythia-70m', 70_426_624),
      model('pythia-1.4b'),
      model('pythia-1b'),
    ]);
    expect(groups.map(({ label, models }) => [label, ...models.map(({ name }) => name)])).toEqual([
      ['70M', 'lab/pythia-70m', 'hon-q', 'hon-qkv', 'hon-qk-shared', 'hon-recursive'],
      ['160M', 'pythia-160m'],
      ['1B', 'pythia-1b'],
      ['1.4B', 'pythia-1.4b'],
      [null, 'mystery'],
    ]);
  });

  it('have checkpoints of one run in the order of their steps', () => {
    const names = ['a-70m@step1000', 'b-70m', 'a-70m@step143000', 'a-70m@step2000'];
    const [{ models }] = groupByScale(names.map((name) => model(name)));
    expect(models.map(({ name }) => name)).toEqual(['a-70m@step1000', 'a-70m@step2000', 'a-70m@step143000', 'b-70m']);
  });

  test.each([
    ['EleutherAI/pythia-v1.1-70m@step143000', 70e6],
    ['Qwen2.5-1.5B', 1.5e9],
    ['70m-deduped', 70e6],
    ['pythia-1b-0.5MtokBS', 1e9],
    ['models-7b/tiny@10m', null],
    ['v2b5', null],
    ['bloom-1b1', 1.1e9],
    ['llama_3b', 3e9],
    ['x_160m_y', 160e6],
    ['phi-1_5b', 1.5e9],
  ])('the size in the name %s is %s', (name, size) => {
    expect(nominalSize(name)).toBe(size);
  });
});

/** The tables of arXiv:2512.03377, as they were printed. */
const printed = {
  table1: `
    70M Pythia .208 .359 .356 .276 .569 .615 .397
    Hon .204 .382 .358 .287 .586 .685 .417
    160M Pythia .200 .385 .380 .260 .600 .686 .419
    Hon .211 .405 .385 .285 .605 .713 .434
    410M Pythia .225 .394 .375 .285 .601 .708 .431
    Hon .226 .415 .384 .294 .608 .733 .443
    1B Pythia .232 .440 .395 .296 .625 .758 .458
    Hon .230 .455 .399 .290 .636 .777 .465`,
  table2: `
    70M Baseline - - - .208 .359 .356 .277 .569 .615 .397
    Hon-Q q no 2 .198 .374 .345 .286 .579 .621 .400
    Hon-QK q,k no 2 .207 .367 .359 .281 .577 .663 .409
    Hon-QKV q,k,v no 2 .209 .380 .354 .293 .579 .636 .409
    Hon-QK-Shared q,k yes 2 .206 .357 .367 .273 .601 .630 .406
    Hon-Recursive q,k yes 3 .201 .391 .368 .287 .582 .659 .415`,
  table3: `
    Qwen2.5-1.5B Standard SFT .786 .194 .276 .419
    Hon-SFT .801 .194 .280 .425
    Qwen2.5-7B Standard SFT .921 .452 .401 .591
    Hon-SFT .921 .475 .407 .601`,
};

describe("the paper's tables", () => {
  const words = (text: string) =>
    text
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/ +/));

  test.each(['table1', 'table2', 'table3'] as const)('%s prints digit for digit', (name) => {
    const [, , ...rows] = renderTable(publishedTable(paperTables[name]), { width: 120 }).split('\n');
    expect(words(rows.join('\n'))).toEqual(words(printed[name]));
  });

  it('mark an average that its own row contradicts, beyond what rounding can do', () => {
    const [row, ...others] = paperTables.table1.rows;
    const changed = (average: number) =>
      publishedTable({ ...paperTables.table1, rows: [{ ...row, average }, ...others] });
    const marked = changed(0.399);
    expect(marked.rows.map(({ average }) => average?.mark)).toEqual(['†', ...others.map(() => undefined)]);
    expect(marked.notes?.at(-1)).toBe('† not the average of its row, which is .397 (70M Pythia)');
    expect(renderTable(marked)).toMatch(/Pythia.* \.399†\n/);
    expect(changed(0.398).rows[0].average?.mark).toBeUndefined();
  });

  it('stand beside the models that fit their rows, with the differences', async () => {
    const acc = (value: number) => ({ acc: value, acc_stderr: 0.01, acc_norm: 0 });
    writeFlat(path.join(folder, 'a.json'), 'lab/pythia-70m', { arc_easy: acc(0.374), sciq: acc(0.601) });
    writeFlat(path.join(folder, 'b.json'), 'lab/other-3b', { arc_easy: acc(0.5), sciq: acc(0.5) });
    await writeResults(folder, 'mine', [outcomes('sciq', '1110')], {
      model: { ...base, parameters: 70_426_624, honSetting: shared },
    });
    const { table } = await makeTable([folder], { alpha: null, paper: 'table1', metric: 'acc' });
    const figures = (label: string) => {
      const row = table.rows.find((candidate) => candidate.label === label)!;
      return [row.kind, row.group, ...row.cells.map((cell) => cell && Number(cell.value.toFixed(3)))];
    };
    expect(table.rows.slice(0, 6).map(({ label }) => label)).toEqual([
      'pythia-70m@step143000',
      'paper: Pythia',
      'difference',
      'mine',
      'paper: Hon',
      'difference',
    ]);
    expect(figures('pythia-70m@step143000')).toEqual([undefined, '70M', null, 0.374, null, null, null, 0.601]);
    expect(figures('paper: Pythia')).toEqual(['published', '70M', 0.208, 0.359, 0.356, 0.276, 0.569, 0.615]);
    expect(figures('difference')).toEqual(['difference', '70M', null, 0.015, null, null, null, -0.014]);
    expect(figures('mine').slice(-1)).toEqual([0.75]);
    expect(table.rows.at(-1)).toMatchObject({
      label: 'other-3b@step143000',
      model: 'lab/other-3b@step143000',
      group: '–',
    });
    expect(renderTable(table, { width: 200 })).toMatch(/difference +– +\+\.015 +– +– +– +-\.014/);
    expect(table.rows).toHaveLength(6 + 6 + 1);
  });
});
