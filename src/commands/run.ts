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
    'include-path': Flags.string({
      multiple: true,
      helpValue: 'FOLDER',
      summary: "A folder with lm-evaluation-harness's YAML task files, whose names --tasks then takes.",
    }),
    'num-fewshot': Flags.integer({
      min: 0,
      helpValue: 'K',
      summary:
        "Shots before each question, as lm-evaluation-harness draws and joins them; each task's own number if left out.",
    }),
    'fewshot-seed': Flags.integer({ min: 0, default: 1234, summary: 'Seed of the draw of shots.' }),
    'batch-tokens': Flags.integer({ min: 1, summary: 'Tokens of a batch; chosen for the device if left out.' }),
  };

  async run(): Promise<RunJson> {
    const { flags } = await this.parse(Run);
    // What computes takes long to load; `--help` must not wait for it.
    const { run } = await import('../harness/score/score_run.ts');
    const scoring = {
      batchTokens: flags['batch-tokens'],
      includePaths: flags['include-path'],
      shots: flags['num-fewshot'],
      shotSeed: flags['fewshot-seed'],
    };
    return this.carryOut(flags, {
      start: (options, listener) => run({ ...options, ...scoring }, listener),
    });
  }
}
