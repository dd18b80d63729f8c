import path from 'node:path';
import { chartSections } from './html/charts.ts';
import { readFigures } from './html/figures.ts';
import { documentSection, figureSection, page, tableSection } from './html/page.ts';
import { pageData } from './html/page_data.ts';
import { outputError, prepareFolder } from './output_folder.ts';
import { PendingFiles } from './pending_files.ts';
import { type ReportOptions, readReportData } from './report_data.ts';

export interface WriteReportOptions extends ReportOptions {
  out: string;
  title: string;
  /** Pictures to be shown in it. */
  figures: readonly string[];
  /** Whether texts of benchmarks that ask not to be shown are shown. */
  reveal: boolean;
}

/** What a report was made of. */
export interface ReportSummary {
  file: string;
  models: string[];
  benchmarks: string[];
  documents: number;
  notices: string[];
}

const flag = '--out';

/** Writes a report as one HTML file. */
export async function writeReport(places: readonly string[], options: WriteReportOptions): Promise<ReportSummary> {
  const { out, title, reveal } = options;
  const figures = await readFigures(options.figures);
  await prepareFolder(path.dirname(out), flag);
  const data = await readReportData(places, options);
  const documents = pageData(data, reveal);
  const charts = await chartSections(data);
  const sections = [tableSection(data), ...charts, ...figureSection(figures), documentSection(documents)];
  await writeOut(out, page(title, data, documents, sections));
  return {
    file: out,
    models: data.models.map(({ results }) => results.name),
    benchmarks: data.benchmarks.map(({ name }) => name),
    documents: data.documents.length,
    notices: data.notices,
  };
}

/** Writes a file whole or not at all. */
export async function writeOut(file: string, content: string | Uint8Array): Promise<void> {
  const pending = new PendingFiles();
  try {
    await pending.write(file, [content]);
    await pending.publish();
  } catch (error) {
    await pending.discard();
    throw outputError(error, file, flag);
  }
}
