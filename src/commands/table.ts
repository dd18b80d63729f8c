import { Args, Flags } from '@oclif/core';
import { HonEvalError } from '../errors.ts';
import { formatTable, tableFormats } from '../report/table/formats.ts';
import type { PaperTableName } from '../report/table/paper.ts';
import type { TableModel } from '../report/table/table_model.ts';
import { HonEvalCommand } from './shared/command.ts';
import { chosenFigures, curves, figureDetails, probability, someResults } from './shared/flags.ts';

export default class Table extends HonEvalCommand {
  static override summary = 'Set results side by side, as the paper prints them.';
  static override description =
    "Reads hon-eval's and lm-evaluation-harness's results, the flat files of 2021 to 2023 included.";
  static override examples = [
    '<%= config.bin %> table results',
    '<%= config.bin %> table base=runs/a hon=runs/b --format latex > table.tex',
    '<%= config.bin %> table results --steps --baseline pythia-70m',
    '<%= config.bin %> table results --paper table1',
    '<%= config.bin %> table --paper table2',
  ];
  static override args = {
    results: Args.string(someResults),
  };
  static override flags = {
    ...chosenFigures,
    format: Flags.option({
      options: [...tableFormats, 'json'] as const,
      default: 'terminal',
      summary: 'Write the table in this format.',
    })(),
    ...figureDetails,
    expand: Flags.boolean({ summary: 'Show the benchmarks of groups such as MMLU one by one, not as one column.' }),
    alpha: probability({ default: 0.05, summary: 'Mark figures at this significance.' }),
    marks: Flags.boolean({
      default: true,
      allowNo: true,
      summary: "Mark figures that differ significantly from those of their group's first row.",
    }),
    baseline: Flags.string({
      helpValue: 'NAME',
      summary:
        "Test all others against this model, in the place of their groups' first rows; with --steps, test where they " +
        'part from this training run.',
    }),
    steps: Flags.boolean({
      exclusive: ['paper'],
      summary: 'Show a row for each step of training runs, in their order.',
    }),
    'tokens-per-step': curves['tokens-per-step'],
    paper: Flags.option({
      options: ['table1', 'table2', 'table3'] as const satisfies readonly PaperTableName[],
      summary: 'Set the published figures beside; without results, print them alone.',
    })(),
  };

  async run(): Promise<TableModel> {
    const { args, flags } = await this.parse(Table);
    const places = args.results ?? [];
    if (places.length === 0 && !flags.paper) {
      throw new HonEvalError('usage', 'Expected results files or folders, or --paper with a table; got neither.');
    }
    const [{ makeTable }, { hasStyle }] = await Promise.all([
      import('../report/table/make_table.ts'),
      import('../output/terminal.ts'),
    ]);
    const { table, notices } = await makeTable(places, {
      ...flags,
      tokensPerStep: flags['tokens-per-step'],
      alpha: flags.marks ? flags.alpha : null,
    });
    for (const notice of notices) this.logToStderr(notice);
    const { stderr, counts } = flags;
    const style = { bold: hasStyle(process.stdout), stderr, counts, width: process.stdout.columns };
    this.log(
      flags.format === 'json'
        ? JSON.stringify(this.toSuccessJson(table), null, 2)
        : formatTable(table, flags.format, style),
    );
    return table;
  }
}
