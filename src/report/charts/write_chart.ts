import path from 'node:path';
import { HonEvalError } from '../../errors.ts';
import { renderPdf, renderPng, renderSvg } from '../../output/draw.ts';
import { prepareFolder } from '../../output/output_folder.ts';
import { writeWhole } from '../../output/pending_files.ts';
import { type ReportOptions, readReportData } from '../report_data.ts';
import { type ChartName, loadChart } from './charts.ts';
import { figureSpec } from './panel.ts';
import { paperTheme } from './theme.ts';

export interface WritePlotOptions extends ReportOptions {
  kind: ChartName;
  /** Ends in `.svg`, `.png` or `.pdf`. */
  out: string;
}

export interface PlotSummary {
  file: string;
  kind: ChartName;
  panels: number;
  notices: string[];
}

const formats: Readonly<Record<string, (svg: string) => string | Uint8Array | Promise<Uint8Array>>> = {
  '.svg': (svg) => svg,
  '.png': (svg) => renderPng(svg),
  '.pdf': renderPdf,
};

/** Draws one of the report's charts as a file of its own. Throws a `results` error where there is nothing to draw. */
export async function writePlot(places: readonly string[], options: WritePlotOptions): Promise<PlotSummary> {
  const { kind, out } = options;
  const format = formats[path.extname(out).toLowerCase()];
  if (!format)
    throw new HonEvalError('usage', `Expected --out to end in .svg, .png or .pdf, which tells its format, got ${out}.`);
  await prepareFolder(path.dirname(out), '--out');
  const { needs, ofDocuments, ofEveryStep, draw } = await loadChart(kind);
  const data = await readReportData(places, { ...options, documents: ofDocuments, thin: !ofEveryStep });
  const chart = draw(data, paperTheme, true);
  if (chart.panels.length === 0)
    throw new HonEvalError('results', `There is nothing to draw for ${kind}: expected ${needs}, found none.`);
  await writeWhole(out, [await format(await renderSvg(figureSpec(chart, paperTheme)))], { flag: '--out' });
  return { file: out, kind, panels: chart.panels.length, notices: data.notices };
}
