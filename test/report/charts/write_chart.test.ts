import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ChartName, chartNames } from '../../../src/report/charts/charts.ts';
import { writePlot } from '../../../src/report/charts/write_chart.ts';
import { exampleRun } from '../../results/example_run.ts';
import { outcomes, writeFlat, writeResults } from '../../results/made_results.ts';

const { model } = exampleRun();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hon-eval-plot-'));
  for (const [name, parameters, right] of [
    ['lab/m-70m', 70e6, '1000'],
    ['lab/m-410m', 410e6, '1110'],
    ['runs/exp1/step_1000', 70e6, '1110'],
    ['runs/exp1/step_200', 70e6, '1000'],
    ['runs/exp1/step_3000', 70e6, '1111'],
    ['runs/base/step_3000', 70e6, '0111'],
    ['runs/base/step_200', 70e6, '0001'],
  ] as const) {
    const tasks = [outcomes('arc_easy', right), outcomes('piqa', `${right}1`)];
    const place = path.join(folder, name.startsWith('runs') ? 'training' : 'r');
    await writeResults(place, name, tasks, { model: { ...model, honSetting: null, parameters } });
  }
});
afterAll(() => rm(folder, { recursive: true }));

function plot(kind: ChartName, name: string, places = [path.join(folder, 'r')]) {
  return writePlot(places, { kind, out: path.join(folder, name) });
}

function texts(name: string): string[] {
  return [...readFileSync(path.join(folder, name), 'utf8').matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(
    ([, text]) => text,
  );
}

test.each(chartNames)('%s is drawn as SVG', async (kind) => {
  const { panels } = await plot(kind, `${kind}.svg`, [path.join(folder, kind === 'training' ? 'training' : 'r')]);
  expect(panels).toBe({ accuracy: 3, scaling: 3, training: 3, calibration: 6, margins: 2 }[kind]);
  const drawn = texts(`${kind}.svg`);
  const titles = kind === 'calibration' ? ['m-70m', 'm-410m'] : ['ARC-E', 'PIQA'];
  expect(drawn).toEqual(expect.arrayContaining(titles));
});

test('the chart of accuracies has every figure with three decimals', async () => {
  await plot('accuracy', 'figures.svg');
  expect(texts('figures.svg')).toEqual(expect.arrayContaining(['.250', '.750', '.400', '.800', 'm-70m', 'm-410m']));
});

test.each([
  ['a few of 30 problems', [0.0333, 0.0667]],
  ['none of them', [0, 0]],
  ['hardly any', [0.00012, 0.00031]],
])('an axis has no label twice: %s', async (name, values) => {
  const place = path.join(folder, name);
  for (const [i, acc] of values.entries())
    writeFlat(path.join(place, `${i}.json`), `lab/m-${i}`, { aime24: { acc, acc_stderr: acc / 9 } });
  await plot('accuracy', `${name}.svg`, [place]);
  const [, axis] = /role-axis-label(.*?)<\/g>/s.exec(readFileSync(path.join(folder, `${name}.svg`), 'utf8'))!;
  const labels = [...axis.matchAll(/<text[^>]*opacity="1"[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
  expect(labels.length).toBeGreaterThan(1);
  expect(new Set(labels).size).toBe(labels.length);
});

test('calibration has a panel for each benchmark and model, on axes from 0 to 1', async () => {
  await plot('calibration', 'calibration.svg');
  const drawn = texts('calibration.svg');
  expect(drawn.filter((text) => /^ARC-E · ECE \.\d{3} · 4 documents$/.test(text))).toHaveLength(2);
  expect(drawn.filter((text) => ['.00', '.25', '.50', '.75', '1.00'].includes(text))).toHaveLength(6 * 2 * 5);
});

test('calibration of very many benchmarks is drawn over all of them alone', async () => {
  const many = Array.from({ length: 25 }, (_, i) => outcomes(`subject_${i}`, '10'));
  await writeResults(path.join(folder, 'many'), 'lab/m', many);
  expect((await plot('calibration', 'many.svg', [path.join(folder, 'many')])).panels).toBe(1);
});

test('the chart of sizes has a tick at every size, and one series', async () => {
  await plot('scaling', 'sizes.svg');
  const drawn = texts('sizes.svg');
  expect(drawn.filter((text) => text === '70.0 M')).toHaveLength(3);
  expect(drawn.filter((text) => text === 'm')).toHaveLength(1);
});

/** Of each line of a chart's panels, the horizontal places of its points. */
function lines(name: string): number[][] {
  const marks = [...readFileSync(path.join(folder, name), 'utf8').matchAll(/mark-line [^>]*>(.*?)<\/g>/gs)];
  return marks
    .flatMap(([, mark]) => [...mark.matchAll(/ d="([^"]*)"/g)])
    .map(([, d]) => [...d.matchAll(/[ML]([\d.]+),/g)].map(([, x]) => Number(x)));
}

test('the chart of training has a line a run, in the order of steps', async () => {
  await writePlot([path.join(folder, 'training')], { kind: 'training', out: path.join(folder, 'curves.svg') });
  const [average] = [lines('curves.svg').slice(0, 2)];
  expect(average.map((places) => places.length).sort()).toEqual([2, 3]);
  for (const places of lines('curves.svg')) {
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places.at(-1)).toBe(average[0].at(-1));
  }
  expect(texts('curves.svg')).toEqual(expect.arrayContaining(['exp1', 'base', 'Average', 'steps']));
  // Few checkpoints have a mark each.
  const svg = readFileSync(path.join(folder, 'curves.svg'), 'utf8');
  const marks = [...svg.matchAll(/mark-symbol role-mark [^>]*>(.*?)<\/g>/gs)].map(([, mark]) => mark.match(/<path/g));
  expect(marks[0]).toHaveLength(2 + 3);
});

test('curves go over tokens on a logarithmic axis, and tell where runs part', async () => {
  const { notices } = await writePlot([path.join(folder, 'training')], {
    kind: 'training',
    out: path.join(folder, 'tokens.svg'),
    axis: 'log',
    tokensPerStep: 1e6,
    baseline: 'base',
  });
  expect(notices).toEqual([]);
  const drawn = texts('tokens.svg');
  expect(drawn).toEqual(expect.arrayContaining(['tokens', '200M', '500M', '1B', '2B', 'acc · not apart at the end']));
  const [places] = lines('tokens.svg').filter(({ length }) => length === 3);
  const [first, second, third] = places;
  expect((second - first) / (third - first)).toBeCloseTo(Math.log(5) / Math.log(15), 2);
});

test('models of one size stand beside each other, and a panel has no ticks of others', async () => {
  const place = path.join(folder, 'sizes');
  for (const [name, parameters, tasks] of [
    ['lab/a-70m', 70e6, ['arc_easy', 'piqa']],
    ['lab/b-70m', 70e6, ['arc_easy', 'piqa']],
    ['lab/a-410m', 410e6, ['arc_easy', 'piqa']],
    ['lab/tiny', 149e3, ['arc_easy']],
  ] as const)
    await writeResults(
      place,
      name,
      tasks.map((task) => outcomes(task, '10')),
      { model: { ...model, honSetting: null, parameters } },
    );
  await plot('scaling', 'side.svg', [place]);
  expect(texts('side.svg').filter((text) => text === '149 K')).toHaveLength(1);
  const symbols = readFileSync(path.join(folder, 'side.svg'), 'utf8').matchAll(
    /transform="translate\(([\d.]+),[\d.]+\)" d="M/g,
  );
  const [average] = [[...symbols].map(([, x]) => Number(x))];
  expect(new Set(average.slice(0, 3)).size).toBe(3);
});

test('a PNG is written where the name asks for one', async () => {
  await plot('accuracy', 'chart.PNG');
  expect(readFileSync(path.join(folder, 'chart.PNG')).subarray(1, 4).toString()).toBe('PNG');
});

test('a PDF has one page of the size of the SVG, with its texts, and is the same each time', async () => {
  await plot('accuracy', 'chart.svg');
  await plot('accuracy', 'chart.pdf');
  await plot('accuracy', 'again.pdf');
  const [, width, height] = /<svg[^>]* width="(\d+)" height="(\d+)"/.exec(
    readFileSync(path.join(folder, 'chart.svg'), 'utf8'),
  )!;
  const pdf = readFileSync(path.join(folder, 'chart.pdf'));
  expect(pdf.toString('latin1')).toContain(`/MediaBox [0 0 ${width} ${height}]`);
  expect(pdf.toString('latin1')).toMatch(/\/BaseFont \/[A-Z]+\+DejaVuSans/);
  expect(pdf.equals(readFileSync(path.join(folder, 'again.pdf')))).toBe(true);
});

test('another extension is refused before the results are read', async () => {
  await expect(plot('accuracy', 'chart.eps', ['nowhere'])).rejects.toMatchObject({
    kind: 'usage',
    message: expect.stringContaining('to end in .svg, .png or .pdf'),
  });
});

test.each(['scaling', 'training', 'calibration', 'margins'] as const)('%s says what it lacks', async (kind) => {
  const file = writeFlat(path.join(folder, 'flat.json'), 'lab/m-70m', { piqa: { acc: 0.5, acc_stderr: 0.05 } });
  await expect(plot(kind, 'none.svg', [file])).rejects.toMatchObject({
    kind: 'results',
    message: expect.stringMatching(`^There is nothing to draw for ${kind}: expected`),
  });
  expect(existsSync(path.join(folder, 'none.svg'))).toBe(false);
});
