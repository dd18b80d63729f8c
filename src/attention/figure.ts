/** Attention maps side by side, as Figure 2 of arXiv:2512.03377. */
import { type Axis, type GroupMark, type Mark, type Scale, type Spec, scheme } from 'vega';
import { cellsPng, type Palette } from '../output/cells_png.ts';
import { fontFamily } from '../output/draw.ts';
import { modelLabels } from '../results/names.ts';
import { attentionLabel, numbersLabel, shorten, tokenLabel } from './labels.ts';
import type { AttentionMap, AttentionMaps } from './maps.ts';

/** One map as a square of the figure. */
interface Panel {
  /** Above it; several lines where there are several. */
  title?: string;
  subtitle?: string[];
  /** To its left. */
  rowTitle?: string;
  /** [n, n] */
  weights: Float32Array;
  /** Labels of the n tokens, where the axes have any. */
  tokens?: string[];
}

/** Where panels stand, all in pixels. Vega would place them by texts that it cannot measure without a browser. */
interface Grid {
  columns: number;
  /** Of a panel's side. */
  size: number;
  gap: { x: number; y: number };
  margin: { left: number; top: number; right: number; bottom: number };
}

const panelsPerRow = 4;
/** Font sizes of token labels: as many labels as there is room for at the least, none larger than the most. */
const labelSizes = { least: 8, most: 10 };
/** Of a letter in DejaVu Sans, over its size. */
const letterWidth = 0.64;
/** Pixels of a letter in a title. */
const titleLetter = 9;
/** Perceptually uniform; readable in grey and by colour-blind eyes. */
const colours = 'viridis';
/** Colours that a picture has: a pixel is a byte, and one value of it is for what is left blank. */
const paletteSize = 255;
/** Pixels of a picture, at least, for each of its panel's. */
const pictureScale = 3;

/** The mean maps of all models, the outer one of each first. */
export function attentionFigure(models: readonly AttentionMaps[]): Spec {
  const names = modelLabels(models);
  const panels = models.flatMap((model, i) => {
    const tokens = model.tokens.map(tokenLabel);
    return model.maps.map((map) => ({
      title: names[i],
      subtitle: [attentionLabel(map.path, model.config.hon), ...numbersLabel(map.numbers, model.config)],
      weights: map.mean,
      tokens,
    }));
  });
  const size = 300;
  const labels = panels.map(({ tokens }) => labelsWidth(tokens, size));
  const axis = Math.ceil(Math.max(...labels)) + 24;
  return figure(panels, {
    columns: Math.min(panels.length, panelsPerRow),
    size,
    gap: { x: axis + 12, y: axis + 66 },
    margin: { left: axis, top: 66, right: 70, bottom: axis },
  });
}

/** One attention of one model, layers from top to bottom and heads from left to right. */
export function headsFigure(model: AttentionMaps, map: AttentionMap): Spec {
  const panels = map.heads.map(({ layer, head, weights }) => ({
    title: layer === 0 ? `head ${head}` : undefined,
    rowTitle: head === 0 ? `layer ${layer}` : undefined,
    weights,
  }));
  const title = {
    text: modelLabels([model])[0],
    subtitle: [attentionLabel(map.path, model.config.hon)],
    anchor: 'start' as const,
    offset: 26,
  };
  const grid = {
    columns: map.heads.filter(({ layer }) => layer === 0).length,
    size: 100,
    gap: { x: 8, y: 8 },
    margin: { left: 30, top: 80, right: 70, bottom: 10 },
  };
  return { ...figure(panels, grid), title };
}

function figure(panels: readonly Panel[], grid: Grid): Spec {
  const { columns, size, gap, margin } = grid;
  const width = columns * (size + gap.x) - gap.x;
  const height = Math.ceil(panels.length / columns) * (size + gap.y) - gap.y;
  return {
    $schema: 'https://vega.github.io/schema/vega/v6.json',
    background: 'white',
    autosize: 'none',
    width,
    height,
    padding: margin,
    config: {
      style: {
        'guide-label': { font: fontFamily, fontSize: 9 },
        'guide-title': { font: fontFamily, fontSize: 10, fontWeight: 'normal' },
        'group-title': { font: fontFamily, fontSize: 12 },
        'group-subtitle': { font: fontFamily, fontSize: 9, fill: '#444' },
      },
    },
    scales: [weightScale],
    legends: [
      {
        fill: weightScale.name,
        type: 'gradient',
        // Where Vega would put it depends on texts as well.
        orient: 'none',
        legendX: width + 16,
        legendY: 0,
        title: 'weight',
        gradientLength: Math.min(300, height) - 15,
        gradientThickness: 12,
        values: [0, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1],
        labelOverlap: false,
        encode: { labels: { update: { text: { signal: 'datum.value' } } } },
      },
    ],
    marks: panels.map((panel, i) => drawPanel(panel, i, grid)),
  };
}

/** The first row of every map is one weight of 1; a square root keeps the small ones of long rows apart. */
const weightScale: Scale = { name: 'weight', type: 'sqrt', domain: [0, 1], range: { scheme: colours } };

function drawPanel({ title, subtitle, rowTitle, weights, tokens }: Panel, index: number, grid: Grid): GroupMark {
  const { columns, size, gap } = grid;
  const place = {
    x: { value: (index % columns) * (size + gap.x) },
    y: { value: Math.floor(index / columns) * (size + gap.y) },
    width: { value: size },
    height: { value: size },
  };
  return {
    type: 'group',
    encode: { enter: { ...place, stroke: { value: '#ccc' } } },
    title: title && { text: shorten(title, size / titleLetter), subtitle, anchor: 'start', frame: 'group', offset: 6 },
    scales: tokens && [{ name: 'token', type: 'band', domain: [...tokens.keys()], range: [0, size] }],
    axes: tokens && (['left', 'bottom'] as const).map((orient) => tokenAxis(tokens, orient, grid)),
    marks: [drawPicture(weights, size), ...(rowTitle ? [drawRowTitle(rowTitle, size)] : [])],
  };
}

function tokenAxis(tokens: string[], orient: 'left' | 'bottom', { size, margin }: Grid): Axis {
  const extent = margin.left - 18;
  return {
    orient,
    scale: 'token',
    title: orient === 'left' ? 'query' : 'key',
    minExtent: extent,
    maxExtent: extent,
    values: thinned(tokens.length, size),
    labelAngle: orient === 'left' ? 0 : -90,
    labelAlign: 'right',
    labelBaseline: 'middle',
    labelFontSize: labelFontSize(tokens.length, size),
    tickSize: 3,
    domain: false,
    encode: { labels: { update: { text: { signal: `${JSON.stringify(tokens)}[datum.value]` } } } },
  };
}

/** Width of the longest label. */
function labelsWidth(tokens: readonly string[], size: number): number {
  const longest = Math.max(...tokens.map((token) => [...token].length));
  return longest * letterWidth * labelFontSize(tokens.length, size);
}

function labelFontSize(n: number, size: number): number {
  return Math.max(labelSizes.least, Math.min(labelSizes.most, Math.floor(size / n) - 1));
}

/** Which of n labels have room along `size` pixels. */
function thinned(n: number, size: number): number[] {
  const step = Math.ceil((n * (labelSizes.least + 1)) / size);
  return Array.from({ length: Math.ceil(n / step) }, (_, i) => i * step);
}

function drawRowTitle(text: string, size: number): Mark {
  const font = { font: { value: fontFamily }, fontSize: { value: 12 }, fontWeight: { value: 'bold' } };
  const place = { x: { value: -8 }, y: { value: size / 2 }, angle: { value: -90 }, align: { value: 'center' } };
  return { type: 'text', encode: { enter: { text: { value: text }, ...font, ...place } } } as Mark;
}

function drawPicture(weights: Float32Array, size: number): Mark {
  const side = { width: { value: size }, height: { value: size } };
  const look = { aspect: { value: false }, smooth: { value: false } };
  return {
    type: 'image',
    encode: { enter: { url: { value: pictureUrl(weights, pictureScale * size) }, ...side, ...look } },
  };
}

/** What no token sees is left blank. */
function pictureUrl(weights: Float32Array, pixels: number): string {
  const n = Math.sqrt(weights.length);
  const cells = Array.from(weights, (weight, cell) => {
    const [i, j] = [Math.floor(cell / n), cell % n];
    return j > i ? -1 : Math.round(Math.sqrt(weight) * (paletteSize - 1));
  });
  const png = cellsPng(cells, n, n, palette(), Math.ceil(pixels / n));
  return `data:image/png;base64,${png.toString('base64')}`;
}

/** Equal steps of the colour scale. */
function palette(): Palette {
  const colour: (t: number) => string = scheme(colours);
  return Array.from({ length: paletteSize }, (_, i) => {
    const [red, green, blue] = colour(i / (paletteSize - 1))
      .match(/\d+/g)!
      .map(Number);
    return [red, green, blue] as const;
  });
}
