import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ChartKind, chartKinds } from '../../../src/report/charts/charts.ts';
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
  ] as const) {
    const tasks = [outcomes('arc_easy', right), outcomes('piqa', `${right}1`)];
    await writeResults(path.join(folder, 'r'), name, tasks, { model: { ...model, honSetting: null, parameters } });
  }
});
afterAll(() => rm(folder, { recursive: true }));

function plot(kind: ChartKind, name: string, places = [path.join(folder, 'r')]) {
  return writePlot(places, { kind, out: path.join(folder, name) });
}

function texts(name: string): string[] {
  return [...readFileSync(path.join(folder, name), 'utf8').matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(
    ([, text]) => text,
  );
}

test.each(chartKinds)('%s is drawn as SVG', async (kind) => {
  const { panels } = await plot(kind, `${kind}.svg`);
  expect(panels).toBe({ accuracy: 3, scaling: 3, calibration: 2, margins: 2 }[kind]);
  const drawn = texts(`${kind}.svg`);
  const titles = kind === 'calibration' ? ['m-70m', 'm-410m'] : ['ARC-E', 'PIQA'];
  expect(drawn).toEqual(expect.arrayContaining(titles));
});

test('the chart of accuracies has every figure with three decimals', async () => {
  await plot('accuracy', 'figures.svg');
  expect(texts('figures.svg')).toEqual(expect.arrayContaining(['.250', '.750', '.400', '.800', 'm-70m', 'm-410m']));
});

test('the chart of sizes has a tick at every size, and one series', async () => {
  await plot('scaling', 'sizes.svg');
  const drawn = texts('sizes.svg');
  expect(drawn.filter((text) => text === '70.0 M')).toHaveLength(3);
  expect(drawn.filter((text) => text === 'm')).toHaveLength(1);
});

test('a PNG is written where the name asks for one', async () => {
  await plot('accuracy', 'chart.PNG');
  expect(readFileSync(path.join(folder, 'chart.PNG')).subarray(1, 4).toString()).toBe('PNG');
});

test('another extension is refused before the results are read', async () => {
  await expect(plot('accuracy', 'chart.pdf', ['nowhere'])).rejects.toMatchObject({
    kind: 'usage',
    message: expect.stringContaining('to end in .svg or .png'),
  });
});

test.each(['scaling', 'calibration', 'margins'] as const)('%s says what it lacks', async (kind) => {
  const file = writeFlat(path.join(folder, 'flat.json'), 'lab/m-70m', { piqa: { acc: 0.5, acc_stderr: 0.05 } });
  await expect(plot(kind, 'none.svg', [file])).rejects.toMatchObject({
    kind: 'results',
    message: expect.stringMatching(`^There is nothing to draw for ${kind}: expected`),
  });
  expect(existsSync(path.join(folder, 'none.svg'))).toBe(false);
});
