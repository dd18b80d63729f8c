import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Resvg } from '@resvg/resvg-js';
import { describe, expect, test } from 'vitest';
import { attentionFigure, headsFigure } from '../../src/attention/figure.ts';
import { prepareAttentionFiles, writeAttentionFiles } from '../../src/attention/files.ts';
import { attentionJson } from '../../src/attention/json.ts';
import { attentionKey, attentionLabel, tokenLabel } from '../../src/attention/labels.ts';
import { attentionTable } from '../../src/attention/table.ts';
import type { HonSetting } from '../../src/model/hon.ts';
import { renderSvg } from '../../src/output/draw.ts';
import { modelLabels } from '../../src/results/names.ts';
import { temporaryFolder } from '../model/tiny_checkpoint.ts';
import { exampleMaps, exampleTokens } from './example.ts';

const shared: HonSetting = { order: 2, projections: ['q', 'k'], inner: 'shared' };
const models = [exampleMaps('a/base'), exampleMaps('./hon', [[], [['q', 'k']]], shared)];

describe('labels', () => {
  test('say which attention a map is of', () => {
    const separate: HonSetting = { ...shared, order: 3, inner: 'separate' };
    expect(attentionLabel([], undefined)).toBe('standard');
    expect(attentionLabel([], shared)).toBe('Hon-QK-Shared: outer');
    expect(attentionLabel([['q', 'k']], shared)).toBe('Hon-QK-Shared: inner, the same for queries and keys');
    expect(attentionLabel([['q', 'k']], { ...shared, order: 3 })).toMatch(/: inner of order 2, the same for/);
    expect(attentionLabel([['q'], ['k']], separate)).toMatch(/: inner, queries → keys$/);
    expect([[], [['q', 'k'] as const], [['q'] as const, ['k'] as const]].map(attentionKey)).toEqual([
      'outer',
      'inner.qk',
      'inner.q.k',
    ]);
  });

  test('of models are their last names where these are enough', () => {
    expect(modelLabels([{ name: 'a/x' }, { name: 'b/y' }])).toEqual(['x', 'y']);
    expect(modelLabels([{ name: 'a/x' }, { name: 'b/x' }])).toEqual(['a/x', 'b/x']);
  });

  test('of tokens are short, and show what would not be seen', () => {
    expect(exampleTokens.map(tokenLabel)).toEqual(['The', '␣cat', '↵', '⇥�', '∅', '␣a␣very␣long␣…', '<&">']);
  });
});

describe('the figure', () => {
  test('names the maps, tokens and numbers, once on each panel', async () => {
    const svg = await renderSvg(attentionFigure(models));
    const times = (text: string) => svg.split(`>${text}<`).length - 1;
    expect([times('base'), times('hon')]).toEqual([1, 2]);
    expect(times('Hon-QK-Shared: inner, the same for queries and keys')).toBe(1);
    for (const label of ['␣cat', '↵', '∅', '&lt;&amp;"&gt;']) expect(times(label)).toBe(6);
    expect([times('query'), times('key')]).toEqual([3, 3]);
    expect([times('weight'), times('0.01'), times('1')]).toEqual([1, 1, 1]);
    const { entropy } = models[1].maps[1].numbers;
    expect(svg).toContain(`entropy ${entropy.toFixed(2)} nats`);
  });

  test('has the colours of the mean weights, and nothing above the diagonal', async () => {
    const spec = attentionFigure(models);
    const { pixels, width } = new Resvg(await renderSvg(spec), { background: 'white' }).render();
    const { left, top } = spec.padding as { left: number; top: number };
    const cell = 300 / exampleTokens.length;
    const pixel = (i: number, j: number) => {
      const at = 4 * (Math.floor(top + (i + 0.5) * cell) * width + Math.floor(left + (j + 0.5) * cell));
      return [...pixels.subarray(at, at + 3)];
    };
    expect(pixel(0, 0)).toEqual([253, 231, 37]);
    expect([pixel(0, 1), pixel(0, 6), pixel(5, 6)]).toEqual(Array(3).fill([255, 255, 255]));
    expect(pixel(6, 6)).not.toEqual([255, 255, 255]);
    // The lighter, the more weight.
    const brightness = (i: number, j: number) => pixel(i, j).reduce((a, b) => a + b);
    const row = Array.from(models[0].maps[0].mean.subarray(42, 49));
    const [least, most] = [row.indexOf(Math.min(...row)), row.indexOf(Math.max(...row))];
    expect(brightness(6, most)).toBeGreaterThan(brightness(6, least));
  });

  test('of the heads has a row for each layer', async () => {
    const svg = await renderSvg(headsFigure(models[1], models[1].maps[0]));
    for (const text of ['head 0', 'head 2', 'layer 0', 'layer 1', 'hon'])
      expect(svg.split(`>${text}<`)).toHaveLength(2);
    expect(svg.split('<image')).toHaveLength(7);
  });
});

test('the table has the numbers of every map, and of every head where asked', () => {
  const lines = attentionTable(models, false).split('\n');
  expect(lines[0]).toBe('base, d_k = 4');
  expect(lines[1]).toMatch(/^attention +entropy +first token +diagonal +rank +effective$/);
  expect(lines[3]).toMatch(/^standard +\d\.\d{3} +0\.\d{3} +0\.\d{3} +[\d.]+ +\d\.\d$/);
  expect(lines.slice(4, 6)).toEqual(['', 'hon, d_k = 4']);
  expect(lines).toHaveLength(4 + 1 + 5);
  const all = attentionTable(models, true).split('\n');
  expect(all).toHaveLength(2 * 3 + 1 + 3 * 7);
  expect(all[3]).toMatch(/^standard +all +all /);
  expect(all[4]).toMatch(/^standard +0 +0 /);
});

describe('the files', () => {
  const write = async (files: string[], all = false) => {
    const folder = temporaryFolder();
    const paths = files.map((file) => join(folder, 'new', file));
    await prepareAttentionFiles(paths);
    const written = await writeAttentionFiles(models, paths, all);
    expect(readdirSync(join(folder, 'new')).sort()).toEqual(written.map((file) => file.split('/').at(-1)!).sort());
    return { folder: join(folder, 'new'), names: written.map((file) => file.split('/').at(-1)) };
  };

  test('are what their extensions say', async () => {
    const { folder, names } = await write(['a.png', 'a.svg']);
    expect(names).toEqual(['a.png', 'a.svg']);
    expect(readFileSync(join(folder, 'a.png')).subarray(1, 4).toString()).toBe('PNG');
    expect(readFileSync(join(folder, 'a.svg'), 'utf8')).toMatch(/^<svg/);
  });

  test('show the heads of every attention with --all', async () => {
    const { names } = await write(['a.svg'], true);
    expect(names).toEqual(['a.svg', 'a.base.outer.svg', 'a.hon.outer.svg', 'a.hon.inner.qk.svg']);
  });

  test('hold every weight as JSON', async () => {
    const { folder } = await write(['w.json']);
    const json = JSON.parse(readFileSync(join(folder, 'w.json'), 'utf8'));
    const { hon, tokens, attentions } = json.models[1];
    expect([hon, tokens]).toEqual([shared, exampleTokens]);
    expect(attentions.map(({ attention }: { attention: string }) => attention)).toEqual(['outer', 'inner.qk']);
    const { heads, mean_weights } = attentions[1];
    expect(heads).toHaveLength(6);
    const last = models[1].maps[1].heads[5];
    expect(Float32Array.from(heads[5].weights.flat())).toEqual(last.weights);
    expect(heads[5]).toMatchObject({ layer: 1, head: 2, first_token: last.numbers.firstToken });
    expect(Float32Array.from(mean_weights.flat())).toEqual(models[1].maps[1].mean);
  });

  test('hold every weight for NumPy', async () => {
    const { folder, names } = await write(['w.npy']);
    expect(names).toEqual(['w.base.outer.npy', 'w.hon.outer.npy', 'w.hon.inner.qk.npy']);
    const file = readFileSync(join(folder, 'w.hon.outer.npy'));
    const start = 10 + file.readUInt16LE(8);
    expect(start % 64).toBe(0);
    expect(file.subarray(0, 8)).toEqual(Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0]));
    expect(file.subarray(10, start).toString()).toMatch(
      /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(2, 3, 7, 7,\), \} *\n$/,
    );
    const values = new Float32Array(new Uint8Array(file.subarray(start)).buffer);
    expect(values).toHaveLength(2 * 3 * 49);
    expect(values.subarray(4 * 49, 5 * 49)).toEqual(models[1].maps[0].heads[4].weights);
  });

  test('are refused before any work where their format is unknown', async () => {
    await expect(prepareAttentionFiles(['a.png', 'b.pdf'])).rejects.toThrow(
      '--out b.pdf does not end in .png, .svg, .json, .npy, which tells its format.',
    );
  });

  test('are all there, or none', async () => {
    const folder = temporaryFolder();
    const [good, bad] = [join(folder, 'a.svg'), join(folder, 'nowhere', 'b.json')];
    await expect(writeAttentionFiles(models, [good, bad], false)).rejects.toMatchObject({ kind: 'output' });
    expect(readdirSync(folder)).toEqual([]);
  });
});

test('--json has the numbers, those of heads where asked, and no weights', () => {
  const { models: described, files } = attentionJson(models, ['a.png'], false);
  expect(files).toEqual(['a.png']);
  expect(described[0].attentions[0]).not.toHaveProperty('heads');
  expect(described[1].attentions[1].rank_of_log_weights).toBe(models[1].maps[1].numbers.rank);
  const all = JSON.stringify(attentionJson(models, [], true));
  expect(JSON.parse(all).models[1].attentions[0].heads).toHaveLength(6);
  expect(all).not.toContain('weights":[');
});
