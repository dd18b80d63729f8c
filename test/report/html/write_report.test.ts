import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TaskRecord } from '../../../src/harness/record/run_record.ts';
import { type WriteReportOptions, writeReport } from '../../../src/report/html/write_report.ts';
import { exampleRun } from '../../results/example_run.ts';
import { outcomes, writeFlat, writeResults } from '../../results/made_results.ts';
import { readPage } from './read_page.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hon-eval-report-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function report(places: string[], changes: Partial<WriteReportOptions> = {}) {
  const out = path.join(folder, 'out', 'report.html');
  const options = { out, title: 'Report', figures: [], reveal: false, ...changes };
  const summary = await writeReport(places, options);
  const html = readFileSync(out, 'utf8');
  return { summary, html, data: readPage(html) };
}

/** A benchmark whose texts are all one text. */
function withText(task: TaskRecord, text: string): TaskRecord {
  const documents = task.documents.map((scored) => ({
    ...scored,
    document: { ...scored.document, doc: { text }, context: text, choices: scored.document.choices.map(() => text) },
    requests: scored.requests.map((): [string, string] => [text, ` ${text}`]),
  }));
  return { ...task, documents };
}

test('a report has every document with the models side by side', async () => {
  await writeResults(path.join(folder, 'r'), 'lab/base', [outcomes('arc_easy', '1101'), outcomes('piqa', '10')]);
  await writeResults(path.join(folder, 'r'), 'lab/hon', [outcomes('arc_easy', '1001'), outcomes('piqa', '11')]);
  const { summary, data, html } = await report([path.join(folder, 'r')]);
  expect(summary).toMatchObject({ models: ['lab/base', 'lab/hon'], benchmarks: ['arc_easy', 'piqa'], documents: 6 });
  expect(data.models).toEqual([
    { name: 'lab/base', label: 'base' },
    { name: 'lab/hon', label: 'hon' },
  ]);
  expect(data.documents[1]).toEqual({
    benchmark: 0,
    id: 1,
    context: 'Q:',
    choices: ['ab', 'abab'],
    gold: 0,
    answers: [
      { scores: [-1, -9], tokens: [2, 2], chosen: 0, score: 1 },
      { scores: [-9, -1], tokens: [2, 2], chosen: 1, score: 0 },
    ],
  });
  expect(html).toContain('<h1>Report</h1><p>2 models &#183; 2 benchmarks &#183; 6 documents</p>');
  // Average and two benchmarks, no scaling, curves of each model over all and each benchmark, and margins of each.
  expect(html.match(/<svg /g)).toHaveLength(3 + 0 + 2 * 3 + 2);
});

describe('text from elsewhere', () => {
  const hostile = `</script><img src="https://example.org/x" onerror='alert(1)'><!--\u001b[31m{{7*7}}\u202e`;

  test('is nothing but text', async () => {
    const task = withText(outcomes('piqa', '10', { title: hostile }), hostile);
    const file = await writeResults(path.join(folder, 'r'), 'base', [task]);
    const label = hostile.replaceAll('=', ''); // which ends a label
    const { html, data } = await report([`${label}=${file}`], { title: hostile });
    expect(data.documents[0]).toMatchObject({ context: hostile, choices: [hostile, hostile] });
    expect(data.models[0].name).toBe(label);
    expect(html).not.toMatch(/<img|<!--|\u202e/);
    expect(html).not.toContain('\u001b');
    expect(html.match(/<\/script/g)).toHaveLength(html.match(/<script/g)!.length);
  });

  test('cannot leave the charts', async () => {
    const [one, other] = [`"/><image href="x"/><text>`, `<style>*{display:none}</style>`];
    await writeResults(path.join(folder, 'r'), `a-70m${one}`, [outcomes('piqa', '10')]);
    await writeResults(path.join(folder, 'r'), `b-160m${other}`, [outcomes(`a`, '10', { title: one })]);
    const { html } = await report([path.join(folder, 'r')]);
    expect(html).not.toMatch(/<image|<style>\*/);
    expect(html.match(/<svg /g)!.length).toBeGreaterThan(3);
  });
});

describe('questions of GPQA', () => {
  const secret = 'a question that crawlers must not read';

  async function gpqa(reveal: boolean) {
    const task = withText(outcomes('gpqa_main_zeroshot', '10'), secret);
    return report([await writeResults(path.join(folder, 'r'), 'base', [task])], { reveal });
  }

  test('are not in the file', async () => {
    const { html, data } = await gpqa(false);
    expect(html + data.unpacked).not.toContain(secret);
    expect(data.unpacked).toContain('"scores":[-1,-9]');
    expect(data.documents[0]).toMatchObject({ context: null, choices: ['', ''], gold: 0 });
    expect(data.documents[0].answers[0]!.scores).toEqual([-1, -9]);
  });

  test('are there for who asks', async () => {
    expect((await gpqa(true)).data.documents[0]).toMatchObject({ context: secret, choices: [secret, secret] });
  });
});

describe('results that do not go together', () => {
  test('without samples there are no documents, and the report says so', async () => {
    const piqa = { acc: 0.5, acc_stderr: 0.05 };
    const { html, data } = await report([writeFlat(path.join(folder, 'flat.json'), 'lab/m-70m', { piqa })]);
    expect(data.documents).toEqual([]);
    expect(html).toContain('There are no samples beside these results.');
    expect(html).toContain('PIQA: no samples with acc of lab/m-70m@step143000.');
    expect(html.match(/<svg /g)).toHaveLength(1);
  });

  test('samples of some models only are shown for those', async () => {
    await writeResults(path.join(folder, 'r'), 'base', [outcomes('piqa', '101')]);
    await writeResults(path.join(folder, 'r'), 'hon', [outcomes('piqa', '110')]);
    for (const name of readdirSync(path.join(folder, 'r', 'hon'))) {
      if (name.startsWith('samples')) rmSync(path.join(folder, 'r', 'hon', name));
    }
    const { data, summary } = await report([path.join(folder, 'r')]);
    expect(data.documents.map(({ answers }) => answers.map((answer) => answer?.score))).toEqual([
      [1, undefined],
      [0, undefined],
      [1, undefined],
    ]);
    expect(summary.notices).toEqual(['PIQA: no samples with acc of hon.']);
  });

  test('different document counts are not tested, and a missing document has no answer', async () => {
    await writeResults(path.join(folder, 'r'), 'base', [outcomes('piqa', '1010')]);
    await writeResults(path.join(folder, 'r'), 'hon', [outcomes('piqa', '110')]);
    const { data, html } = await report([path.join(folder, 'r')]);
    expect(data.documents.map(({ answers }) => answers[1]?.score ?? null)).toEqual([1, 1, 0, null]);
    expect(html).toContain('expected the same documents, got 4 and 3');
  });

  test('documents that were asked in other words are not set side by side', async () => {
    await writeResults(path.join(folder, 'r'), 'base', [outcomes('piqa', '1')]);
    await writeResults(path.join(folder, 'r'), 'hon', [withText(outcomes('piqa', '1'), 'Other words')]);
    const { data } = await report([path.join(folder, 'r')]);
    expect(data.documents.map(({ context, answers }) => [context, answers.map((answer) => answer !== null)])).toEqual([
      ['Q:', [true, false]],
      ['Other words', [false, true]],
    ]);
  });

  test('results of other weights under one name need labels', async () => {
    const model = { ...exampleRun().model, weightsDigest: 'other' };
    const files = [
      await writeResults(path.join(folder, 'a'), 'base', [outcomes('piqa', '10')]),
      await writeResults(path.join(folder, 'b'), 'base', [outcomes('piqa', '11')], { model }),
    ];
    await expect(report(files)).rejects.toMatchObject({
      kind: 'results',
      message: expect.stringMatching(/different weights have the name base .*give each its own label/),
    });
    const { data } = await report([`a=${files[0]}`, `b=${files[1]}`]);
    expect(data.models.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  test('a samples file that is cut in the middle is refused by name and line', async () => {
    const file = await writeResults(path.join(folder, 'r'), 'base', [outcomes('piqa', '101')]);
    const samples = path.join(
      path.dirname(file),
      readdirSync(path.dirname(file)).find((name) => /^samples/.test(name))!,
    );
    writeFileSync(samples, readFileSync(samples, 'utf8').slice(0, -200));
    await expect(report([file])).rejects.toMatchObject({
      kind: 'results',
      message: expect.stringContaining(`${samples}, line 3: expected JSON`),
    });
    expect(readdirSync(path.join(folder, 'out'))).toEqual([]);
  });

  test('a figure that is not finite is refused', async () => {
    const file = path.join(folder, 'flat.json');
    writeFileSync(file, '{"results": {"piqa": {"acc": NaN, "acc_stderr": NaN}}, "config": {}}');
    await expect(report([file])).rejects.toMatchObject({ kind: 'results', message: expect.stringContaining('NaN') });
  });
});

test('models of several sizes are set against their parameters', async () => {
  const piqa = { acc: 0.5, acc_stderr: 0.05 };
  const files = ['70m', '160m'].map((size) => writeFlat(path.join(folder, `${size}.json`), `lab/m-${size}`, { piqa }));
  expect((await report(files)).html).toContain('<section id="scaling"');
  expect((await report(files.slice(0, 1))).html).not.toContain('id="scaling"');
});

describe('figures', () => {
  async function attach(name: string, content: string | Uint8Array) {
    const file = path.join(folder, name);
    writeFileSync(file, content);
    const results = await writeResults(path.join(folder, 'r'), 'base', [outcomes('piqa', '10')]);
    return report([results], { figures: [file] });
  }

  test('are pictures within the file', async () => {
    const svg = '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
    const { html } = await attach('maps.svg', svg);
    const source = /<img src="([^"]*)" alt="maps"/.exec(html)![1];
    expect(source).toBe(`data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`);
  });

  test.each(['not a picture', '<html><svg></svg></html>'])('that are none are refused: %s', async (content) => {
    await expect(attach('maps.svg', content)).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringContaining('to be an SVG or a PNG'),
    });
  });

  test('that are not there are refused', async () => {
    await expect(report([folder], { figures: [path.join(folder, 'none.svg')] })).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringMatching(/^Cannot read the figure/),
    });
  });
});
