import path from 'node:path';
import { prepareFolder } from '../../output/output_folder.ts';
import { writeWhole } from '../../output/pending_files.ts';
import { KnownOutcomes } from '../../results/read/outcomes.ts';
import { type ReportOptions, readReportData } from '../report_data.ts';
import { chartSections } from './charts.ts';
import { pairwiseDifferences } from './differences.ts';
import { readFigures } from './figures.ts';
import { packColumns, packDocuments } from './packed.ts';
import { page } from './page.ts';
import { type PageData, pageBenchmarks, pageColumns, pageDocuments, pageModels } from './page_data.ts';
import { differenceSection, documentSection, figureSection, tableSection } from './sections.ts';

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
  const outcomes = new KnownOutcomes();
  const data = await readReportData(places, { ...options, outcomes });
  const { parts, starts } = packDocuments(pageDocuments(data, reveal));
  const index: PageData = {
    models: pageModels(data),
    benchmarks: pageBenchmarks(data),
    differences: await pairwiseDifferences(data, outcomes.read),
    count: data.documents.length,
    parts: starts,
  };
  const sections = [
    tableSection(data),
    ...differenceSection(index),
    ...(await chartSections(data)),
    ...figureSection(figures),
    documentSection(index),
  ];
  const packed = [...packColumns(pageColumns(data)), ...parts];
  await writeWhole(out, page(title, data, index, packed, sections), { flag });
  return {
    file: out,
    models: data.models.map(({ results }) => results.name),
    benchmarks: data.benchmarks.map(({ name }) => name),
    documents: data.documents.length,
    notices: data.notices,
  };
}
