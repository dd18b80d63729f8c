import path from 'node:path';
import { HonEvalError } from '../../errors.ts';
import { renderPdf, renderPng, renderSvg } from '../../output/draw.ts';
import { prepareFolder } from '../../output/output_folder.ts';
import { writeWhole } from '../../output/pending_files.ts';
import { type ReportOptions, readReportData } from '../report_data.ts';
import { makeChart } from './charts.ts';
import type { ChartKind } from './kinds.ts';
import { figureSpec } from './panel.ts';
import { paperTheme } from './theme.ts';

export interface WritePlotOptions extends ReportOptions {
  kind: ChartKind;
  /** Ends in `.svg`, `.png` or `.pdf`. */
  out: string;
}

export interface PlotSummary {
  file: string;
  kind: ChartKind;
  panels: number;
  notices: string[];
}

const draw: Readonly<Record<string, (svg: string) => string | Uint8Array | Promise<Uint8Array>>> = {
  '.svg': (svg) => svg,
  '.png': (svg) => renderPng(svg),
  '.pdf': renderPdf,
};

/** Draws one of the report's charts as a file of its own. Throws a `results` error where there is nothing to draw. */
export async function writePlot(places: readonly string[], options: WritePlotOptions): Promise<PlotSummary> {
  const { kind, out } = options;
  const format = draw[path.extname(out).toLowerCase()];
  if (!format)
    throw new HonEvalError('usage', `Expected --out to end in .svg, .png or .pdf, which tells its format, got ${out}.`);
  await prepareFolder(path.dirname(out), '--out');
  const documents = kind === 'calibration' || kind === 'margins';
  const data = await readReportData(places, { ...options, documents, thin: kind !== 'training' });
  const chart = makeChart(kind, data, paperTheme, true);
  if (chart.panels.length === 0)
    throw new HonEvalError('results', `There is nothing to draw for ${kind}: expected ${needs[kind]}, found none.`);
  await writeWhole(out, [await format(await renderSvg(figureSpec(chart, paperTheme)))], { flag: '--out' });
  return { file: out, kind, panels: chart.panels.length, notices: data.notices };
}

const needs: Readonly<Record<ChartKind, string>> = {
  accuracy: 'figures',
  scaling: 'models of at least two sizes',
  training:
    'checkpoints of at least two steps of one run, told by their names (owner/name@step1000, runs/exp1/step_1000)',
  calibration: 'samples with log-likelihoods of choices beside the results',
  margins: 'samples with log-likelihoods of choices beside the results',
};
