import { Flags } from '@oclif/core';
import { HonEvalError } from '../errors.ts';
import type { RunJson } from '../results/write/run_json.ts';
import { bytes, number } from './shared/flags.ts';
import { RunCommand } from './shared/run_command.ts';
import {
  chatFlags,
  chatOptions,
  modelFlags,
  runFlags,
  scoringFlags,
  scoringOptions,
  workerFlags,
} from './shared/run_flags.ts';
import type { ShardSummary } from './shared/run_shard.ts';

export default class Run extends RunCommand {
  static override summary = 'Score models on benchmarks by their log-likelihoods.';
  static override description =
    "Writes lm-evaluation-harness's results and samples files for each model, and prints a table of all of them. What was stopped goes on when the same command is given again.";
  static override examples = [
    '<%= config.bin %> run --model EleutherAI/pythia-70m@step143000 --tasks paper',
    '<%= config.bin %> run --model ./base --model ./hon --tasks arc_easy,piqa --limit 200',
    '<%= config.bin %> run --plan plan.json --shard auto --output results/sweep',
    '<%= config.bin %> run --model ./hon --tasks ./my_task.ts --data ./rows --json',
  ];
  static override flags = {
    ...runFlags('paper'),
    ...scoringFlags('paper'),
    ...chatFlags,
    model: Flags.string({ ...modelFlags.model, required: false, multiple: true }),
    watch: Flags.boolean({
      summary: 'Score the checkpoints of a training run as it writes them, until Ctrl-C.',
      exclusive: ['plan'],
    }),
    poll: number({
      default: 10,
      above: 0,
      helpValue: 'SECONDS',
      summary: 'Wait so long between two looks of --watch.',
    }),
    'ready-file': Flags.string({
      dependsOn: ['watch'],
      helpValue: 'PATTERN',
      summary:
        'Take a checkpoint for whole once this file is in it, such as "*.done"; once it no longer changes if left out.',
    }),
    disk: bytes({
      helpValue: 'SIZE',
      summary:
        'Keep what models of the hub take on disk below this, such as 50GB: once it is scored, the one that was used ' +
        'longest ago is removed from the cache; all stay if left out.',
    }),
    plan: Flags.string({ helpValue: 'FILE', summary: 'Do a share of what "hon-eval plan" has planned.' }),
    ...workerFlags,
    shard: Flags.string({
      helpValue: 'auto|I/N',
      dependsOn: ['plan'],
      summary: 'Do this share, counted from 1; auto asks the scheduler.',
    }),
  };

  async run(): Promise<RunJson | ShardSummary> {
    const { flags, raw } = await this.parse(Run);
    const { model = [], plan, shard = 'auto' } = flags;
    if (flags.device !== undefined && flags.devices !== undefined)
      throw new HonEvalError('usage', 'Expected --device or --devices, got both.');
    if (plan !== undefined) {
      checkDecided(raw.flatMap(({ type, ...token }) => (type === 'flag' && 'flag' in token ? [token.flag] : [])));
      const { runShardOf } = await import('./shared/run_shard.ts');
      return runShardOf({ ...flags, plan, shard });
    }
    if (model.length === 0)
      throw new HonEvalError('usage', 'Expected a --model to score, or a --plan to have a share of.');
    // What computes takes long to load; `--help` must not wait for it.
    const { run } = await import('../harness/score/score_run.ts');
    const { workers, devices } = flags;
    const scoring = { ...scoringOptions(flags), ...chatOptions(flags), workers, devices };
    return this.carryOut(
      { ...flags, model, waiting: flags.watch ? { poll: flags.poll, readyFile: flags['ready-file'] } : undefined },
      {
        together: workers !== undefined || devices !== undefined,
        start: (options, listener) => run({ ...options, ...scoring }, listener),
      },
    );
  }
}

/** Flags that stand beside --plan; the plan decides the others. */
const besidePlan = ['plan', 'shard', 'output', 'threads', 'workers', 'devices', 'quiet', 'json'];

function checkDecided(given: readonly string[]): void {
  const decided = given.find((flag) => !besidePlan.includes(flag));
  if (decided) throw new HonEvalError('usage', `The plan decides --${decided}; leave it out, or plan anew.`);
}
