import path from 'node:path';
import { HonEvalError } from '../errors.ts';
import { accuracyCaption, accuracyPanels, figureNoun } from './charts/accuracy.ts';
import { calibrationCaption, calibrationPanels } from './charts/calibration.ts';
import { marginPanels, marginsCaption } from './charts/margins.ts';
import { type Figure, figureSpec, type Panel } from './charts/panel.ts';
import { scalingCaption, scalingPanels } from './charts/scaling.ts';
import { paperTheme } from './charts/theme.ts';
import { prepareFolder } from './output_folder.ts';
import { renderPng, renderSvg } from './plot.ts';
import { type ReportData, type ReportOptions, readReportData } from './report_data.ts';
import { writeOut } from './write_report.ts';

export const plotKinds = ['accuracy', 'scaling', 'calibration', 'margins'] as const;
export type PlotKind = (typeof plotKinds)[number];

export interface WritePlotOptions extends ReportOptions {
  kind: PlotKind;
  /** Ends in `.svg` or `.png`. */
  out: string;
}

export interface PlotSummary {
  file: string;
  kind: PlotKind;
  panels: number;
  notices: string[];
}

const draw: Readonly<Record<string, (svg: string) => string | Uint8Array>> = {
  '.svg': (svg) => svg,
  '.png': (svg) => renderPng(svg),
};

/** Draws one of the report's charts as a file of its own. Throws a `results` error where there is nothing to draw. */
export async function writePlot(places: readonly string[], options: WritePlotOptions): Promise<PlotSummary> {
  const { kind, out } = options;
  const format = draw[path.extname(out).toLowerCase()];
  if (!format)
    throw new HonEvalError('usage', `Expected --out to end in .svg or .png, which tells its format, got ${out}.`);
  await prepareFolder(path.dirname(out), '--out');
  const data = await readReportData(places, options);
  const figure = figures[kind](data);
  if (figure.panels.length === 0)
    throw new HonEvalError('results', `There is nothing to draw for ${kind}: expected ${needs[kind]}, found none.`);
  await writeOut(out, format(await renderSvg(figureSpec(figure, paperTheme))));
  return { file: out, kind, panels: figure.panels.length, notices: data.notices };
}

const needs: Readonly<Record<PlotKind, string>> = {
  accuracy: 'figures',
  scaling: 'models of at least two sizes',
  calibration: 'samples with log-likelihoods of choices beside the results',
  margins: 'samples with log-likelihoods of choices beside the results',
};

const figures: Readonly<Record<PlotKind, (data: ReportData) => Figure>> = {
  accuracy: (data) => figure(`${figureNoun(data)} by model`, accuracyCaption, accuracyPanels(data, paperTheme)),
  scaling: (data) =>
    figure(`${figureNoun(data)} against parameters`, scalingCaption, scalingPanels(data, paperTheme, true)),
  calibration: (data) => figure('Calibration', calibrationCaption, calibrationPanels(data, paperTheme)),
  margins: (data) => figure('Log-likelihood margins', marginsCaption, marginPanels(data, paperTheme)),
};

function figure(title: string, caption: string, panels: Panel[]): Figure {
  return { title, caption: caption.split(/(?<=[.]) /), panels };
}
