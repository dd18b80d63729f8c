import type { ModelResults } from '../../results/model_results.ts';
import type { ExportedFile, ExportOptions } from './exported.ts';

/** Makes a model's files of one format; none where its figures do not fit into it. */
type Exporter = (model: ModelResults, options: ExportOptions, now: Date) => ExportedFile[];

/** Every format by its name, in the order of lists; loaded when it is written. */
const formats = {
  'every-eval-ever': async () => (await import('./every_eval_ever.ts')).everyEvalEver,
  'hf-eval-results': async () => (await import('./hub_formats.ts')).hubResults,
  'model-index': async () => (await import('./hub_formats.ts')).modelIndex,
} satisfies Record<string, () => Promise<Exporter>>;

export type ExportFormat = keyof typeof formats;

export const exportFormats = Object.keys(formats) as ExportFormat[];

export function loadExporter(format: ExportFormat): Promise<Exporter> {
  return formats[format]();
}
