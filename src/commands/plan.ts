import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import type { Plan as PlanFile } from '../harness/shard/plan.ts';
import { counted } from '../output/units.ts';
import { chooseModels } from './shared/chosen_models.ts';
import { HonEvalCommand } from './shared/command.ts';
import { listenForInterrupt } from './shared/interrupt.ts';
import { chatFlags, chatOptions, scoringFlags, scoringOptions } from './shared/run_flags.ts';

/** What is said of a plan that was made. */
export interface PlanSummary {
  file: string;
  units: number;
  documents: number;
  /** Floating-point operations. */
  cost: number;
}

export default class Plan extends HonEvalCommand {
  static override summary = 'Plan a run that several machines share.';
  static override description =
    'Resolves revisions to commits, fetches models and rows, and cuts the work into pieces by what they cost. Then each machine runs its ' +
    'share, "hon-eval run --plan plan.json --shard 1/8 --output FOLDER", and "hon-eval collect FOLDER" writes the results.';
  static override examples = [
    '<%= config.bin %> plan --model A --model B --shards 8 --output plan.json',
    '<%= config.bin %> plan --model EleutherAI/pythia-1b --device cuda --prefetch',
  ];
  static override flags = {
    ...scoringFlags('paper'),
    ...chatFlags,
    shards: Flags.integer({ min: 1, summary: 'Plan for so many machines; --shard auto needs to know.' }),
    prefetch: Flags.boolean({
      default: false,
      summary: 'Make sure that all of it is in the cache of the hub, so that no shard needs a network.',
    }),
    output: Flags.string({
      char: 'o',
      default: 'plan.json',
      helpValue: 'FILE',
      summary: 'Write the plan to this file.',
    }),
    quiet: Flags.boolean({ char: 'q', summary: 'Print errors only.' }),
  };

  async run(): Promise<PlanSummary> {
    const { flags } = await this.parse(Plan);
    const [{ makePlan }, { checkFetched }, { consoleListener }, { writeWhole }, { modelLabels }] = await Promise.all([
      import('../harness/shard/make_plan.ts'),
      import('../harness/shard/run_shard.ts'),
      import('./shared/console.ts'),
      import('../output/pending_files.ts'),
      import('../results/names.ts'),
    ]);
    const interrupt = listenForInterrupt('Stopped; nothing was planned.');
    const { model, output, quiet, every, last, shards, prefetch } = flags;
    const { tokenizer, backend, device, dtype, tasks, data, limit, order } = flags;
    const { includePaths, ...scoring } = scoringOptions(flags);
    const { models, series } = await chooseModels(model, { every, last, signal: interrupt.signal });
    const labels = modelLabels(models);
    const shown = new Map(models.map(({ place }, i) => [place, labels[i]]));
    const listener = consoleListener(process.stderr, quiet, shown);
    try {
      const plan = await makePlan(
        {
          ...{ tokenizer, backend, device, dtype, limit, order, shards, ...scoring },
          ...chatOptions(flags),
          // Shards may run in another folder.
          tasks: tasks.map((task) => (/[/\\.]/.test(task) && existsSync(task) ? resolve(task) : task)),
          data: data === undefined ? undefined : resolve(data),
          includePaths: includePaths?.map((folder) => resolve(folder)),
          skipImpossible: flags['skip-impossible'],
          models: models.map(({ place }) => place),
          series,
          labels: new Map(models.map(({ name, place }) => [place, name])),
          command: commandOfRun(process.argv.slice(2)),
          signal: interrupt.signal,
        },
        listener,
      );
      if (prefetch) await checkFetched(plan, listener);
      await writeWhole(output, [`${JSON.stringify({ ...plan, offline: prefetch }, null, 1)}\n`]);
      listener.close();
      const summary = summarise(output, plan);
      if (!quiet) this.log(summaryText(summary, plan));
      return summary;
    } finally {
      listener.close();
      interrupt.release();
    }
  }
}

/** The command of the run that is planned: the same, but for what is the plan's alone. */
function commandOfRun(args: readonly string[]): string[] {
  const own = /^(--shards|--output|-o)(=|$)/;
  const kept = args.filter((arg, i) => {
    const before = args[i - 1] ?? '';
    return (
      !own.test(arg) && !(own.test(before) && !before.includes('=')) && !/^(--prefetch|--quiet|-q|--json)$/.test(arg)
    );
  });
  return ['hon-eval', 'run', ...kept.slice(1)];
}

function summarise(file: string, { units }: PlanFile): PlanSummary {
  const pieces = units.flatMap((unit) => unit.pieces);
  return {
    file,
    units: units.length,
    documents: units.reduce((sum, { documents }) => sum + documents, 0),
    cost: pieces.reduce((sum, { cost }) => sum + cost, 0),
  };
}

function summaryText({ file, units, documents, cost }: PlanSummary, { models }: PlanFile): string {
  const work = `${counted(units, 'unit')} of work, ${counted(documents, 'document')}`;
  return `${file}: ${counted(models.length, 'model')}, ${work}, ${(cost / 1e12).toPrecision(3)} Tflop`;
}
