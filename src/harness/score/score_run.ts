import { weightsDigest } from '../../checkpoint/digest.ts';
import { HonEvalError } from '../../errors.ts';
import { ahead } from '../ahead.ts';
import { type LoadedTask, loadTask } from '../load_task.ts';
import { type Chosen, chooseOptions, chooseTasks, openModel, type RunListener, type RunStep } from '../open_run.ts';
import type { TaskRecord } from '../record/run_record.ts';
import { makeDocuments } from '../task/make_documents.ts';
import { workOff } from '../work_off.ts';
import { askByTemplate } from './chat.ts';
import { ModelScoring, type ReadyModel, type RunOptions } from './model_scoring.ts';
import { possibleTasks } from './possible_tasks.ts';
import { PreparedStore } from './prepared_store.ts';

/**
 * Scores every model on every task, and gives a model's record after each task.
 * @throws HonEvalError for whatever the user can mend.
 */
export async function* run(options: RunOptions, listener: RunListener): AsyncGenerator<RunStep> {
  const chosen = await chooseOptions(options, listener);
  const loaded: LoadedTask[] = [];
  for (const task of await chooseTasks(options)) loaded.push(await loadTask(task, makeDocuments, options, listener));
  const store = new PreparedStore();
  const ready = (name: string) => makeReady(name, loaded, options, listener);
  if (options.series) return yield* runSeries(ready, store, chosen, listener);
  // All of them, so that a model that cannot be run, or cannot be asked, is known before hours of scoring.
  const models: ReadyModel[] = [];
  for (const name of options.models) models.push(await ready(name));
  for (const model of models) yield* runModel(model, store, chosen, listener);
}

async function makeReady(
  name: string,
  loaded: readonly LoadedTask[],
  options: RunOptions,
  listener: RunListener,
): Promise<ReadyModel> {
  const model = await openModel(name, options, listener);
  const { chat: how, system, signal } = options;
  const asked = how && (await askByTemplate(model, loaded, { ...how, system }, signal));
  const tasks = await possibleTasks(model, asked?.tasks ?? loaded, options, listener);
  const digest = weightsDigest(model.checkpoint);
  digest.catch(() => {});
  return { model, tasks, chat: asked?.chat, digest };
}

/** Kinds of failures that are of one checkpoint, and need not be of the next. */
const kindsOfCheckpoint = ['checkpoint', 'notFound', 'accessDenied', 'network', 'dataset'];

/** One checkpoint after the other; the next is fetched and read while one is scored. */
async function* runSeries(
  ready: (name: string) => Promise<ReadyModel>,
  store: PreparedStore,
  options: Chosen<RunOptions>,
  listener: RunListener,
): AsyncGenerator<RunStep> {
  const pass = (name: string, error: unknown) => {
    if (!(error instanceof HonEvalError && kindsOfCheckpoint.includes(error.kind))) throw error;
    listener.failed(name, null, error);
  };
  for await (const model of ahead(options.models, ready, pass)) {
    try {
      yield* runModel(model, store, options, listener);
    } catch (error) {
      pass(model.model.checkpoint.name, error);
    }
  }
}

async function* runModel(
  ready: ReadyModel,
  store: PreparedStore,
  options: Chosen<RunOptions>,
  listener: RunListener,
): AsyncGenerator<RunStep> {
  const { name } = ready.model.checkpoint;
  const { fresh = false } = options;
  const folder = options.journalFolder(name);
  const scoring = await ModelScoring.open(ready, options, { store, listener, folder, fresh });
  try {
    const describe = (finished: TaskRecord[], begun: Date) => scoring.describe(finished, begun);
    const units = scoring.work().map((work, i) => ({ ...work, record: () => scoring.units[i].record() }));
    yield* workOff({ model: name, folder, fresh, units, load: () => scoring.load(), describe }, listener);
  } finally {
    await scoring.close();
  }
}
