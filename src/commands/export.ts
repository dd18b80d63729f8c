import { Args, Flags } from '@oclif/core';
import type { ExportSummary } from '../exchange/export/export_results.ts';
import { relationships } from '../exchange/export/exported.ts';
import { exportFormats } from '../exchange/export/formats.ts';
import { HonEvalCommand } from './shared/command.ts';
import { someResults } from './shared/flags.ts';

export default class Export extends HonEvalCommand {
  static override summary = 'Write results in the formats that model pages and collections of results read.';
  static override examples = [
    '<%= config.bin %> export results --to model-index --out card',
    '<%= config.bin %> export results --to every-eval-ever --organization Lab --out data',
  ];
  static override args = {
    results: Args.string({ ...someResults, required: true }),
  };
  static override flags = {
    to: Flags.option({ options: exportFormats, required: true, summary: 'Write this format.' })(),
    out: Flags.string({ char: 'o', required: true, helpValue: 'FOLDER', summary: 'Write the files to this folder.' }),
    organization: Flags.string({
      default: 'unknown',
      helpValue: 'NAME',
      summary: 'Say who evaluated, for every-eval-ever.',
    }),
    relationship: Flags.option({
      options: relationships,
      default: 'other',
      summary: "Say who that is to the model's developer, for every-eval-ever.",
    })(),
  };

  async run(): Promise<ExportSummary> {
    const { args, flags } = await this.parse(Export);
    const { to, out, organization, relationship } = flags;
    const { exportResults } = await import('../exchange/export/export_results.ts');
    const summary = await exportResults(args.results, to, out, { organization, relationship });
    for (const notice of summary.notices) this.logToStderr(notice);
    for (const file of summary.files) this.log(file);
    return summary;
  }
}
