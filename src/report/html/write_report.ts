import path from 'node:path';
import { prepareFolder } from '../../output/output_folder.ts';
import { writeWhole } from '../../output/pending_files.ts';
import { type ReportOptions, readReportData } from '../report_data.ts';
import { chartSections } from './charts.ts';
import { readFigures } from './figures.ts';
import { documentSection, figureSection, page, tableSection } from './page.ts';

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
  const charts = await chartSections(data);
  const sections = [tableSection(data), ...charts, ...figureSection(figures), documentSection(data)];
  await writeWhole(out, page(title, data, reveal, sections), { flag });
  return {
    file: out,
    models: data.models.map(({ results }) => results.name),
    benchmarks: data.benchmarks.map(({ name }) => name),
    documents: data.documents.length,
    notices: data.notices,
  };
}
