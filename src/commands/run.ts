import { Flags } from '@oclif/core';
import type { RunJson } from '../results/write/run_json.ts';
import { RunCommand } from './run_command.ts';
import { runFlags } from './run_flags.ts';

export default class Run extends RunCommand {
  static override summary = 'Score models on benchmarks by their log-likelihoods.';
  static override description =
    "Writes lm-evaluation-harness's results and samples files for each model, and prints a table of all of them. What was stopped goes on when the same command is given again.";
  static override examples = [
    '<%= config.bin %> run --model EleutherAI/pythia-70m@step143000 --tasks paper',
    '<%= config.bin %> run --model ./baseline --model ./hon --tasks arc_easy,piqa --limit 200',
    '<%= config.bin %> run --model ./hon --tasks ./my_task.ts --data ./rows --json > figures.json',
  ];
  static override flags = {
    ...runFlags('paper'),
    'batch-tokens': Flags.integer({ min: 1, summary: 'Tokens of a batch; chosen for the device if left out.' }),
  };

  async run(): Promise<RunJson> {
    const { flags } = await this.parse(Run);
    // What computes takes long to load; `--help` must not wait for it.
    const { run } = await import('../harness/score/score_run.ts');
    return this.carryOut(flags, {
      start: (options, listener) => run({ ...options, batchTokens: flags['batch-tokens'] }, listener),
    });
  }
}
