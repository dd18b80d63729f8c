/** `run --plan`: one share of a plan. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { HonEvalError } from '../../errors.ts';
import { openPlan, optionsOf, type Plan, readPlan } from '../../harness/shard/plan.ts';
import { runShard } from '../../harness/shard/run_shard.ts';
import { findShare, localDevice } from '../../harness/shard/shard_index.ts';
import { prepareFolder } from '../../output/output_folder.ts';
import { writeWhole } from '../../output/pending_files.ts';
import { modelLabels } from '../../results/names.ts';
import { plannedJournals } from '../../results/paths.ts';
import { consoleListener } from './console.ts';
import { listenForInterrupt } from './interrupt.ts';

export interface ShardFlags {
  plan: string;
  shard: string;
  output: string;
  threads?: number;
  workers?: number;
  devices?: string;
  quiet: boolean;
}

/** What is said of a share that is done. */
export interface ShardSummary {
  shard: number;
  shards: number;
  output: string;
}

export async function runShardOf({
  plan: file,
  shard,
  output,
  quiet,
  ...computing
}: ShardFlags): Promise<ShardSummary> {
  const { workers, devices, threads } = computing;
  const together = workers !== undefined || devices !== undefined;
  const plan = await openPlan(file);
  const share = findShare(shard, plan, process.env);
  const interrupt = listenForInterrupt('Stopped; start the same command again to go on.', 'again');
  const names = plan.models.map(({ name }) => name);
  const labels = modelLabels(plan.models.map(({ label }) => ({ name: label })));
  const shown = new Map(names.length > 1 ? names.map((name, i) => [name, labels[i]]) : []);
  const listener = consoleListener(process.stderr, quiet, shown, undefined, together);
  const failures: HonEvalError[] = [];
  try {
    const from = share.variable === null ? '' : ` (${share.variable}=${process.env[share.variable]})`;
    listener.notice(`Shard ${share.index} of ${share.count}${from}`);
    await keepPlan(plan, output);
    await runShard(
      plan,
      share,
      {
        device: localDevice(optionsOf(plan).device!, process.env),
        ...{ threads, workers, devices },
        signal: interrupt.signal,
        journalFolder: plannedJournals(plan, output),
      },
      {
        ...listener,
        failed(model, task, error) {
          failures.push(error);
          listener.failed(model, task, error);
        },
      },
    );
    process.exitCode = failures[0]?.exitCode ?? 0;
    return { shard: share.index, shards: share.count, output };
  } finally {
    listener.close();
    interrupt.release();
  }
}

/** Leaves the plan where `collect` finds it. Throws a `usage` error where another one is there. */
async function keepPlan(plan: Plan, output: string): Promise<void> {
  await prepareFolder(output);
  const file = join(output, 'plan.json');
  if (!existsSync(file)) return writeWhole(file, [`${JSON.stringify(plan, null, 1)}\n`]);
  if (isDeepStrictEqual(await readPlan(file), plan)) return;
  throw new HonEvalError('usage', `${output} has shards of another plan; choose another --output, or remove ${file}.`);
}
