import { Resvg } from '@resvg/resvg-js';
import { expect, test } from 'vitest';
import { cellsPng } from '../../src/output/cells_png.ts';
import { renderPng, renderSvg } from '../../src/output/draw.ts';

const mark = { type: 'rect', encode: { enter: { x2: { value: 20 }, y2: { value: 10 }, fill: { value: '#ff0000' } } } };

test('Vega and Vega-Lite are drawn as SVG', async () => {
  const vega = { $schema: 'https://vega.github.io/schema/vega/v6.json', width: 20, height: 10, marks: [mark] };
  expect(await renderSvg(vega as Parameters<typeof renderSvg>[0])).toMatch(/^<svg .*#ff0000/s);
  const lite = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    data: { values: [{ task: 'piqa', acc: 0.5 }] },
    mark: 'bar',
    encoding: { x: { field: 'task', type: 'nominal' }, y: { field: 'acc', type: 'quantitative' } },
  } as const;
  expect(await renderSvg(lite)).toMatch(/^<svg .*piqa/s);
});

test('a PNG has its scale, and its texts', () => {
  const svg = (text: string) =>
    `<svg xmlns="http://www.w3.org/2000/svg" width="90" height="40"><text y="30" font-size="20" font-family="DejaVu Sans">${text}</text></svg>`;
  const png = Buffer.from(renderPng(svg('maps'), 3));
  expect(png.subarray(1, 4).toString()).toBe('PNG');
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([270, 120]);
  // Compressed, nothing is shorter than something, and these are different things.
  expect(png.length).toBeGreaterThan(renderPng(svg(''), 3).length + 100);
  expect(png.equals(renderPng(svg('spam'), 3))).toBe(false);
});

test('cells have their colours, in the order of the matrix, and blanks are see-through', () => {
  const png = cellsPng(
    [0, 1, -1, 2, 0, 1],
    2,
    3,
    [
      [255, 0, 0],
      [0, 255, 0],
      [1, 2, 3],
    ],
    4,
  );
  const href = `data:image/png;base64,${png.toString('base64')}`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="12" height="8"><image href="${href}" width="12" height="8"/></svg>`;
  const { pixels } = new Resvg(svg).render();
  const pixel = (row: number, column: number) => [
    ...pixels.subarray(4 * ((4 * row + 2) * 12 + 4 * column + 2)).subarray(0, 4),
  ];
  expect([pixel(0, 0), pixel(0, 1), pixel(0, 2)]).toEqual([
    [255, 0, 0, 255],
    [0, 255, 0, 255],
    [0, 0, 0, 0],
  ]);
  expect([pixel(1, 0), pixel(1, 1), pixel(1, 2)]).toEqual([
    [1, 2, 3, 255],
    [255, 0, 0, 255],
    [0, 255, 0, 255],
  ]);
});
