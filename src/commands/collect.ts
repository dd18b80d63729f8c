import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Args, Flags } from '@oclif/core';
import { HonEvalError } from '../errors.ts';
import type { PlanState } from '../harness/shard/collect.ts';
import type { Plan } from '../harness/shard/plan.ts';
import { Progress } from '../output/progress.ts';
import type { RunJson } from '../results/write/run_json.ts';
import { figureDetails } from './shared/flags.ts';
import { RunCommand } from './shared/run_command.ts';

/** Milliseconds between two looks at what the shards have done. */
const interval = 15_000;

export default class Collect extends RunCommand {
  static override summary = 'Write the results of a planned run, once its shards are done.';
  static override description =
    'Writes the files that one process would have written. Refuses to where something is missing, or was scored twice ' +
    'with different figures.';
  static override examples = [
    '<%= config.bin %> collect results/sweep',
    '<%= config.bin %> collect results/sweep --check',
  ];
  static override args = {
    output: Args.string({
      required: true,
      description: 'Collect from this folder, which the shards were told as --output.',
    }),
  };
  static override flags = {
    check: Flags.boolean({
      summary: 'Say what is missing, as the --array of a job array that does it, and write nothing.',
    }),
    watch: Flags.boolean({ summary: 'Wait until the shards are done, and show how far they are.' }),
    reveal: Flags.boolean({ summary: "Write GPQA's rows to the samples in clear text, not as hashes." }),
    ...figureDetails,
    quiet: Flags.boolean({ char: 'q', summary: 'Print the tables and errors only.' }),
  };

  async run(): Promise<RunJson> {
    const { args, flags } = await this.parse(Collect);
    const { output } = args;
    const [{ openPlan, optionsOf }, { run }] = await Promise.all([
      import('../harness/shard/plan.ts'),
      import('../harness/score/score_run.ts'),
    ]);
    const plan = await openPlan(join(output, 'plan.json'));
    await this.#await(plan, output, flags.watch && !flags.check);
    if (flags.check) {
      if (!flags.quiet) this.log('Nothing is missing.');
      return { models: [] } as unknown as RunJson;
    }
    const planned = optionsOf(plan);
    const model = plan.models.map(({ name, label }) => (label === name ? name : `${label}=${name}`));
    const rest = { output, model, fresh: false, 'skip-impossible': planned.skipImpossible ?? false };
    return this.carryOut(
      { ...planned, ...flags, ...rest },
      {
        command: [...plan.command, '--output', output],
        start: (options, listener) => run({ ...planned, ...options }, listener),
      },
    );
  }

  /** Throws a `results` error that names what is missing, unless it is to be waited for. */
  async #await(plan: Plan, output: string, watch: boolean): Promise<void> {
    const [{ lookAtPlan, missingShares, arrayExpression }, { plannedJournals }] = await Promise.all([
      import('../harness/shard/collect.ts'),
      import('../results/paths.ts'),
    ]);
    const journalFolder = plannedJournals(plan, output);
    const progress = new Progress(process.stderr);
    const listener = { notice() {}, download() {}, found() {}, progress() {}, failed() {} };
    for (;;) {
      const state = await lookAtPlan(plan, { journalFolder }, listener);
      if (state.missing.length === 0) return progress.close();
      if (!watch) {
        const count = plan.shards ?? (await shardsOf(plan, journalFolder)) ?? 1;
        const shares = missingShares(plan, state, count);
        this.log(`--array=${arrayExpression(shares.map((index) => index - 1))}`);
        throw new HonEvalError('results', describeMissing(state, shares, count));
      }
      progress.update('collect', state.done, state.total, () => [`${state.done}/${state.total} documents`]);
      await setTimeout(interval);
    }
  }
}

function describeMissing({ missing }: PlanState, shares: readonly number[], count: number): string {
  const lacking = new Map<string, number>();
  for (const { unit, piece, done } of missing) {
    const name = `${unit.task} of ${unit.model}`;
    lacking.set(name, (lacking.get(name) ?? 0) + piece.documents - done);
  }
  const named = [...lacking].slice(0, 3).map(([name, documents]) => `${documents} documents of ${name}`);
  const more = lacking.size > named.length ? `, and ${lacking.size - named.length} more` : '';
  const which = shares.map((index) => `${index}/${count}`).join(', ');
  return `Shard ${which} is not done: ${named.join(', ')}${more} are missing. Run it again.`;
}

/** How many shards the journals that are there were written by, where nobody has said. */
async function shardsOf(plan: Plan, folderOf: (model: string) => string): Promise<number | undefined> {
  const counts = new Set<number>();
  for (const { name } of plan.models)
    for (const file of await readdir(folderOf(name)).catch(() => [])) {
      const count = /\.\d+of(\d+)\.[^/]*\.jsonl$/.exec(file)?.[1];
      if (count) counts.add(Number(count));
    }
  return counts.size > 0 ? Math.max(...counts) : undefined;
}
