import { Args, Flags } from '@oclif/core';
import type { ComparedResults } from '../compare/compare_results.ts';
import type { SignalComparison } from '../compare/signal.ts';
import { fitted, terminalWidth } from '../output/wrap.ts';
import { HonEvalCommand } from './shared/command.ts';
import { chosenFigures, probability } from './shared/flags.ts';

export default class Compare extends HonEvalCommand {
  static override summary = 'Test whether two models differ, document by document.';
  static override description =
    'Reads results of hon-eval or lm-evaluation-harness with their samples. Where prompts or documents differ it says ' +
    'which, and leaves the benchmark out; without samples the tests are unpaired, and see less.';
  static override examples = [
    '<%= config.bin %> compare results/baseline results/hon',
    '<%= config.bin %> compare pythia.json results/pythia --tasks arc_easy,piqa --flips',
    '<%= config.bin %> compare runs/baseline runs/hon --signal',
  ];
  static override args = {
    first: Args.string({
      required: true,
      description: 'Compare this model, A: its results, a file or folder, or LABEL=PATH.',
    }),
    second: Args.string({ required: true, description: 'Compare it with this model, B: its results.' }),
  };
  static override flags = {
    ...chosenFigures,
    tasks: Flags.string({
      ...chosenFigures.tasks,
      multiple: true,
      summary: 'Take these benchmarks or groups of them; those that both models have if left out.',
    }),
    flips: Flags.boolean({ summary: 'Show the documents that only one of the models has right.' }),
    signal: Flags.boolean({
      exclusive: ['flips', 'metric'],
      summary:
        'Show by which metrics the models differ most clearly, as signal to noise; of several results a side, such as ' +
        'seeds or steps, noise is their spread.',
    }),
    confidence: probability({ default: 0.95, summary: 'Give the intervals this confidence.' }),
    resamples: Flags.integer({
      default: 10_000,
      min: 100,
      max: 1_000_000,
      summary: 'Draw so many resamples in the bootstrap.',
    }),
    seed: Flags.integer({ default: 0, summary: 'Draw them with this seed.' }),
  };

  async run(): Promise<ComparedResults | SignalComparison> {
    const { args, flags } = await this.parse(Compare);
    if (flags.signal) return this.#compareSignals(args.first, args.second, flags.tasks);
    const [{ compareResults }, { renderComparison, renderFlips }, { hasStyle }] = await Promise.all([
      import('../compare/compare_results.ts'),
      import('../compare/text.ts'),
      import('../output/terminal.ts'),
    ]);
    const compared = await compareResults(args.first, args.second, flags);
    for (const notice of compared.notices) this.logToStderr(notice);
    this.log(renderComparison(compared.comparison, terminalWidth()));
    if (compared.flips) this.log(fitted(`\n${renderFlips(compared.flips, { bold: hasStyle(process.stdout) })}`));
    return compared;
  }

  async #compareSignals(first: string, second: string, tasks: string[] | undefined): Promise<SignalComparison> {
    const [{ compareSignals }, { renderSignals }] = await Promise.all([
      import('../compare/signal.ts'),
      import('../compare/signal_text.ts'),
    ]);
    const comparison = await compareSignals(first, second, tasks);
    for (const notice of comparison.notices) this.logToStderr(notice);
    this.log(renderSignals(comparison, terminalWidth()));
    return comparison;
  }
}
