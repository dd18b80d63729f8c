import { Args, Flags } from '@oclif/core';
import { chartNames } from '../report/charts/charts.ts';
import type { PlotSummary } from '../report/charts/write_chart.ts';
import { HonEvalCommand } from './shared/command.ts';
import { chosenFigures, curves, someResults } from './shared/flags.ts';

export default class Plot extends HonEvalCommand {
  static override summary = "Draw one of the report's charts as SVG, PNG or PDF.";
  static override examples = [
    '<%= config.bin %> plot results --out accuracy.svg',
    '<%= config.bin %> plot results --kind scaling --tasks paper --out scaling.png',
    '<%= config.bin %> plot results --kind training --axis log --out curves.svg',
  ];
  static override args = {
    results: Args.string({ ...someResults, required: true }),
  };
  static override flags = {
    out: Flags.string({
      char: 'o',
      required: true,
      helpValue: 'FILE',
      summary: 'Write the chart to this file, whose name ends in .svg, .png or .pdf.',
    }),
    kind: Flags.option({ char: 'k', options: chartNames, default: 'accuracy', summary: 'Draw this chart.' })(),
    ...chosenFigures,
    ...curves,
  };

  async run(): Promise<PlotSummary> {
    const { args, flags } = await this.parse(Plot);
    const { writePlot } = await import('../report/charts/write_chart.ts');
    const summary = await writePlot(args.results, { ...flags, tokensPerStep: flags['tokens-per-step'] });
    for (const notice of summary.notices) this.logToStderr(notice);
    this.log(summary.file);
    return summary;
  }
}
