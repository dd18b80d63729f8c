/** A share of a plan, done by one process of possibly many. */
import { weightsDigest } from '../../checkpoint/digest.ts';
import { HonEvalError } from '../../errors.ts';
import { sha256 } from '../../sha256.ts';
import { settingsId } from '../journal/settings.ts';
import { type LoadedTask, loadTask } from '../load_task.ts';
import { type Chosen, chooseTasks, openModel, type RunListener } from '../open_run.ts';
import { askedTasks } from '../score/chat.ts';
import { ModelScoring, type ReadyModel, type RunOptions, type ScoringTools } from '../score/model_scoring.ts';
import { PreparedStore } from '../score/prepared_store.ts';
import { makeDocuments } from '../task/make_documents.ts';
import { finishUnits } from '../work_off.ts';
import { openWorkers } from '../workers/open.ts';
import { goOffline, optionsOf, type Plan, type Share, type SharedUnit, shareOf } from './plan.ts';

/** What of a run is not the plan's to say. */
export type ShardOptions = Pick<RunOptions, 'device' | 'devices' | 'workers' | 'threads' | 'signal' | 'journalFolder'>;

/** Scores the share's batches into journals of its own. Nothing else is written: `collect` makes results of them. */
export async function runShard(plan: Plan, share: Share, options: ShardOptions, listener: RunListener): Promise<void> {
  const wanted = shareOf(plan, share);
  const planned: RunOptions = { ...optionsOf(plan), ...options, device: options.device ?? optionsOf(plan).device };
  const workers = await openWorkers(planned, listener);
  const { options: chosen, pool } = workers;
  try {
    const tasks = await loadTasks(chosen, new Set(wanted.map(({ task }) => task)), listener);
    const models = [...Map.groupBy(wanted, (unit) => unit.model)];
    const tools = { store: new PreparedStore(models.length > 1), listener, pool };
    const score = ([model, units]: (typeof models)[number]) => runModel(model, units, tasks, chosen, share, tools);
    for await (const _ of workers.sideBySide(models, 0, score));
  } finally {
    await workers.close();
  }
}

async function* runModel(
  name: string,
  units: readonly SharedUnit[],
  tasks: ReadonlyMap<string, LoadedTask>,
  options: Chosen<RunOptions>,
  { index, count }: Share,
  tools: Pick<ScoringTools, 'store' | 'listener' | 'pool'>,
): AsyncGenerator<unknown> {
  const { listener } = tools;
  const ready = await readyFor(name, units, tasks, options, listener);
  const scoring = await ModelScoring.open(ready, options, {
    ...tools,
    folder: options.journalFolder(name),
    shard: `${index}of${count}`,
    piecesOf: (task) => units.find((unit) => unit.task === task)!.pieces,
  });
  try {
    checkPlanned(scoring, units);
    yield* finishUnits(scoring.work(), listener);
  } finally {
    await scoring.close();
  }
}

/** A model of the plan, with the tasks of some of its units. */
export async function readyFor(
  name: string,
  units: readonly Pick<SharedUnit, 'task'>[],
  tasks: ReadonlyMap<string, LoadedTask>,
  options: RunOptions,
  listener: RunListener,
): Promise<ReadyModel> {
  const model = await openModel(name, options, listener);
  const wanted = units.map(({ task }) => tasks.get(task)!);
  return { model, ...(await askedTasks(model, wanted, options)), digest: weightsDigest(model.checkpoint) };
}

/** Leaves the network alone, and throws where something that shards read is not in the hub's cache. */
export async function checkFetched(plan: Plan, listener: RunListener): Promise<void> {
  goOffline();
  const options: RunOptions = { ...optionsOf(plan), journalFolder: () => '' };
  for (const name of options.models) await openModel(name, options, listener);
  await loadTasks(options, new Set(plan.units.map(({ task }) => task)), listener);
}

/** The rows of the tasks that are wanted, by their names. */
export async function loadTasks(
  options: RunOptions,
  wanted: ReadonlySet<string>,
  listener: RunListener,
): Promise<Map<string, LoadedTask>> {
  const loaded = new Map<string, LoadedTask>();
  for (const task of await chooseTasks(options))
    if (wanted.has(task.name)) loaded.set(task.name, await loadTask(task, makeDocuments, options, listener));
  return loaded;
}

/** Throws a `usage` error where weights, settings or questions are not those that the plan was made of. */
export function checkPlanned({ units }: ModelScoring, planned: readonly Pick<SharedUnit, 'id' | 'task'>[]): void {
  for (const [i, { id, task }] of planned.entries()) {
    const { settings, model } = units[i].journal.unit;
    if (unitId(settingsId(settings), task, units[i].digest) === id) continue;
    const what = JSON.stringify({ device: settings.device, dtype: settings.dtype, backend: settings.backend });
    throw new HonEvalError(
      'usage',
      `${task} of ${model} is not what the plan was made of (here: ${what}, version ${settings["backend's version"]}): ` +
        'its weights, its rows, the backend or the kind of device have changed since. Plan anew.',
    );
  }
}

/** Names a unit of a plan. */
export function unitId(settings: string, task: string, questions: string): string {
  return sha256(`${settings} ${task} ${questions}`).slice(0, 16);
}
