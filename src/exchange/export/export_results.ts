import path from 'node:path';
import { HonEvalError } from '../../errors.ts';
import { prepareFolder } from '../../output/output_folder.ts';
import { writeWhole } from '../../output/pending_files.ts';
import { readResults } from '../../results/read/read.ts';
import type { ExportOptions } from './exported.ts';
import { type ExportFormat, loadExporter } from './formats.ts';

export interface ExportSummary {
  files: string[];
  notices: string[];
}

/** Writes the results of all models in another format, to files below a folder. */
export async function exportResults(
  places: readonly string[],
  format: ExportFormat,
  out: string,
  options: ExportOptions,
): Promise<ExportSummary> {
  const { models, notices } = await readResults(places);
  const exporter = await loadExporter(format);
  const now = new Date();
  const files: string[] = [];
  for (const model of models) {
    const exported = exporter(model, options, now);
    if (exported.length === 0) notices.push(`${model.name} has no figures that ${format} could hold.`);
    for (const { path: below, content } of exported) {
      const file = path.join(out, below);
      await prepareFolder(path.dirname(file), '--out');
      await writeWhole(file, [content], { flag: '--out' });
      files.push(file);
    }
  }
  if (files.length > 0) return { files, notices };
  throw new HonEvalError(
    'results',
    `Nothing to export: expected benchmarks with a data set of the hub, which ${format} names; found none.`,
  );
}
