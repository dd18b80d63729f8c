import type { TopLevelSpec } from 'vega-lite';
import { fontFamily } from '../../output/draw.ts';
import { plainText } from '../../output/plain_text.ts';
import { wrapWords } from '../../output/wrap.ts';
import type { Chart, Panel } from './chart.ts';
import type { ChartTheme } from './theme.ts';

/** Pixels of a panel with its margins. */
export const panelWidth = 360;
const marginTop = 8;
const schema = 'https://vega.github.io/schema/vega-lite/v6.json';

/** A panel alone and without its title, always `panelWidth` wide. */
export function panelSpec(panel: Panel, theme: ChartTheme): TopLevelSpec {
  return {
    $schema: schema,
    ...plot(panel),
    padding: { top: marginTop, ...panel.margin },
    autosize: { type: 'none' },
    config: config(theme),
  };
}

/** All panels of a chart in one figure, in rows. */
export function figureSpec({ title, caption, panels, columns = 3 }: Chart, theme: ChartTheme): TopLevelSpec {
  const shown = Math.min(columns, panels.length);
  return {
    $schema: schema,
    title: {
      text: title,
      subtitle: wrapWords(caption, shown * captionLetters - 1),
      anchor: 'start',
      offset: 16,
      fontSize: 15,
      subtitleFontSize: 11,
      subtitleLineHeight: 15,
    },
    columns: shown,
    spacing: { row: 28, column: 24 },
    padding: 16,
    concat: panels.map((panel) => ({ title: heading(panel), ...plot(panel) })),
    resolve: { scale: { color: 'shared', shape: 'shared' } },
    config: config(theme),
  };
}

function plot({ layers, height, margin }: Panel) {
  return { width: panelWidth - margin.left - margin.right, height, layer: layers };
}

/** Letters of a caption that are as wide as a panel, by Vega's generous estimate without a browser. */
const captionLetters = 40;

/** At the panel's left edge and at one height in all panels of a row, whatever their labels. */
function heading({ title, subtitle, margin }: Panel) {
  const place = { anchor: 'start' as const, frame: 'group' as const, offset: 10, dx: -margin.left };
  return { text: plainText(title), subtitle: subtitle && plainText(subtitle), ...place };
}

function config({ background, ink, muted, grid }: ChartTheme): TopLevelSpec['config'] {
  return {
    background,
    font: fontFamily,
    view: { stroke: null },
    axis: {
      labelColor: muted,
      titleColor: muted,
      gridColor: grid,
      domainColor: grid,
      tickColor: grid,
      labelFontSize: 11,
      titleFontSize: 11,
      titleFontWeight: 'normal',
      labelLimit: 0,
      tickSize: 4,
    },
    title: { color: ink, subtitleColor: muted, fontSize: 13, subtitleFontSize: 11, fontWeight: 'bold' },
    legend: { labelColor: ink, labelFontSize: 11, labelLimit: 0, symbolSize: 60 },
    aria: false,
  };
}

/** An axis of figures, printed as in tables, with as many digits as tell its labels apart: `.25`. */
export const figureAxis = {
  title: null,
  tickCount: 5,
  format: 'f',
  labelExpr: "replace(datum.label, regexp('^([-\u2212]?)0[.]'), '$1.')",
};

/** The scale of an axis of figures; where all are one figure, it has some room about it. */
export function figureScale(figures: readonly number[]) {
  const [low, high] = [Math.min(...figures), Math.max(...figures)];
  return { zero: false, padding: 8, ...(low === high ? { domain: [low - 0.05, low + 0.05] } : {}) };
}

/** Pixels of a row of a panel with one row a model. */
export const rowHeight = 24;

/** An axis with one row a model. Labels are set as they are, hence neutral. */
export function rowAxis(labels: readonly string[], headroom = 0.6) {
  return {
    type: 'quantitative' as const,
    scale: { domain: [-headroom, labels.length - 0.4], reverse: true, nice: false, zero: false },
    axis: {
      title: null,
      values: [...labels.keys()],
      labelExpr: `${JSON.stringify(labels.map(plainText))}[datum.value]`,
      grid: false,
      ticks: false,
      domain: false,
      labelPadding: 8,
    },
  };
}

/** Pixels that the labels of `rowAxis` take. */
export function rowLabelWidth(labels: readonly string[]): number {
  return Math.ceil(Math.max(...labels.map((label) => [...label].length)) * 6.7) + 12;
}
