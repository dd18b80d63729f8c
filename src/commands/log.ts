import { Args, Flags } from '@oclif/core';
import { HonEvalError } from '../errors.ts';
import type { LogSummary } from '../exchange/log/log_results.ts';
import { counted } from '../output/units.ts';
import { HonEvalCommand } from './shared/command.ts';
import { curves } from './shared/flags.ts';

export default class Log extends HonEvalCommand {
  static override summary = 'Send results to TensorBoard, MLflow, Weights & Biases or Trackio.';
  static override description =
    'A training run is one run there, with its steps. Each results file is sent once; without --to it goes where it ' +
    'could not be sent before.';
  static override examples = [
    '<%= config.bin %> log results --to tensorboard=logs',
    '<%= config.bin %> log results --to mlflow=http://localhost:5000 --to wandb=my-project',
    '<%= config.bin %> log results',
  ];
  static override args = {
    results: Args.string({ multiple: true, required: true, description: 'Send these results files or folders.' }),
  };
  static override flags = {
    to: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      default: [],
      helpValue: 'NAME[=PLACE]',
      summary:
        'Send them to tensorboard[=FOLDER], mlflow[=ADDRESS], wandb[=PROJECT] or trackio[=PROJECT]. It may be given several times.',
    }),
    'tokens-per-step': curves['tokens-per-step'],
  };

  async run(): Promise<LogSummary> {
    const { args, flags } = await this.parse(Log);
    const { logResults } = await import('../exchange/log/log_results.ts');
    const summary = await logResults(args.results, { to: flags.to, tokensPerStep: flags['tokens-per-step'] });
    for (const { tracker, files } of summary.sent)
      this.log(`${tracker}: ${counted(files.length, 'results file')} sent`);
    if (summary.sent.length === 0 && summary.failures.length === 0) this.log('Nothing is left to be sent.');
    if (summary.failures.length > 0) throw new HonEvalError('network', summary.failures.join(' '));
    return summary;
  }
}
