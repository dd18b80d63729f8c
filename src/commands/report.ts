import { Args, Flags } from '@oclif/core';
import type { ReportSummary } from '../report/html/write_report.ts';
import { HonEvalCommand } from './shared/command.ts';
import { chosenFigures, curves, someResults } from './shared/flags.ts';

export default class Report extends HonEvalCommand {
  static override summary = 'Write results, charts and every document into one HTML file.';
  static override description =
    'The file needs no network and asks for none. Documents and calibration need the samples beside the results.';
  static override examples = [
    '<%= config.bin %> report results --out report.html',
    '<%= config.bin %> report base=runs/a hon=runs/b --tasks paper --figure maps.svg',
  ];
  static override args = {
    results: Args.string({ ...someResults, required: true }),
  };
  static override flags = {
    out: Flags.string({
      char: 'o',
      default: 'report.html',
      helpValue: 'FILE',
      summary: 'Write the report to this file.',
    }),
    title: Flags.string({ default: 'Evaluation report', summary: 'Put this heading above the report.' }),
    ...chosenFigures,
    ...curves,
    figure: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      default: [],
      helpValue: 'FILE',
      summary: 'Show this SVG or PNG in the report, such as attention maps. It may be given several times.',
    }),
    reveal: Flags.boolean({ summary: "Show GPQA's questions, which its authors ask not to put where crawlers read." }),
  };

  async run(): Promise<ReportSummary> {
    const { args, flags } = await this.parse(Report);
    const { writeReport } = await import('../report/html/write_report.ts');
    const summary = await writeReport(args.results, {
      ...flags,
      tokensPerStep: flags['tokens-per-step'],
      figures: flags.figure,
    });
    for (const notice of summary.notices) this.logToStderr(notice);
    this.log(summary.file);
    return summary;
  }
}
