import { weightsDigest } from '../../checkpoint/digest.ts';
import { HonEvalError } from '../../errors.ts';
import { ahead } from '../ahead.ts';
import { type LoadedTask, loadTask } from '../load_task.ts';
import { type Chosen, chooseTasks, openModel, type RunListener, type RunStep } from '../open_run.ts';
import type { TaskRecord } from '../record/run_record.ts';
import { makeDocuments } from '../task/make_documents.ts';
import { workOff } from '../work_off.ts';
import { openWorkers, type Workers } from '../workers/open.ts';
import { askedTasks } from './chat.ts';
import { ModelScoring, type ReadyModel, type RunOptions, type ScoringTools } from './model_scoring.ts';
import { possibleTasks } from './possible_tasks.ts';
import { PreparedStore } from './prepared_store.ts';

/**
 * Scores every model on every task, and gives a model's record after each task.
 * @throws HonEvalError for whatever the user can mend.
 */
export async function* run(options: RunOptions, listener: RunListener): AsyncGenerator<RunStep> {
  const workers = await openWorkers(options, listener);
  const { options: chosen, pool } = workers;
  try {
    const loaded: LoadedTask[] = [];
    for (const task of await chooseTasks(chosen)) loaded.push(await loadTask(task, makeDocuments, chosen, listener));
    const tools = { store: new PreparedStore(options.models.length > 1), listener, pool };
    const ready = (name: string) => makeReady(name, loaded, chosen, listener);
    const open = (model: ReadyModel) => openScoring(model, tools, chosen);
    const score = (model: ReadyModel) => scoreModel(open(model), chosen, listener);
    if (options.series) return yield* runSeries({ ready, open, workers }, listener);
    // All of them, so that a model that cannot be run, or cannot be asked, is known before hours of scoring.
    const models: ReadyModel[] = [];
    for (const name of options.models) models.push(await ready(name));
    for (const { model, tasks } of models)
      listener.expected?.(
        model.checkpoint.name,
        tasks.map(({ task, documents }) => ({ task, done: 0, total: documents.length })),
      );
    yield* workers.sideBySide(models, 0, score);
  } finally {
    await workers.close();
  }
}

/** A model, and what it can be asked of the tasks. Throws where it cannot be run, or not be asked. */
export async function makeReady(
  name: string,
  loaded: readonly LoadedTask[],
  options: RunOptions,
  listener: RunListener,
): Promise<ReadyModel> {
  const model = await openModel(name, options, listener);
  try {
    const asked = await askedTasks(model, loaded, options);
    const tasks = await possibleTasks(model, asked.tasks, options, listener);
    const digest = weightsDigest(model.checkpoint);
    digest.catch(() => {});
    return { model, tasks, chat: asked.chat, digest };
  } catch (error) {
    model.use.release();
    throw error;
  }
}

/** Kinds of failures that are of one checkpoint, and need not be of the next. */
const kindsOfCheckpoint = ['checkpoint', 'notFound', 'accessDenied', 'network', 'dataset'];

interface Series {
  ready(name: string): Promise<ReadyModel>;
  open(model: ReadyModel): Promise<ModelScoring>;
  workers: Workers<RunOptions>;
}

/** Checkpoints in their order; further ones are fetched, read and, where memory allows, loaded while others are scored. */
async function* runSeries({ ready, open, workers }: Series, listener: RunListener): AsyncGenerator<RunStep> {
  const pass = (name: string, error: unknown) => {
    if (!(error instanceof HonEvalError && kindsOfCheckpoint.includes(error.kind))) throw error;
    listener.failed(name, null, error);
  };
  const { options, pool, kind } = workers;
  const { models } = options;
  async function* scoreOne(name: string, opening: () => Promise<ModelScoring>) {
    try {
      yield* scoreModel(opening(), options, listener);
    } catch (error) {
      pass(name, error);
    }
  }
  if (pool)
    return yield* workers.sideBySide(models, 1, (name) => {
      const model = ready(name);
      return scoreOne(name, async () => open(await model));
    });
  const openAhead = async (name: string) => {
    const scoring = await open(await ready(name));
    // A GPU's batches are as large as its free memory has them, which another model must not change.
    if (kind !== 'gpu') scoring.loadAhead();
    return scoring;
  };
  for await (const scoring of ahead(models, openAhead, pass, (unused) => unused.close()))
    yield* scoreOne(scoring.name, async () => scoring);
}

function openScoring(
  ready: ReadyModel,
  tools: Pick<ScoringTools, 'store' | 'listener' | 'pool'>,
  options: Chosen<RunOptions>,
): Promise<ModelScoring> {
  const folder = options.journalFolder(ready.model.checkpoint.name);
  // What comes next in a series is hashed while others are scored, and processes load what they are told to.
  const loadsEarly = !options.series && !tools.pool;
  return ModelScoring.open(ready, options, { ...tools, folder, fresh: options.fresh, loadsEarly });
}

async function* scoreModel(
  opening: Promise<ModelScoring>,
  options: Chosen<RunOptions>,
  listener: RunListener,
): AsyncGenerator<RunStep> {
  const scoring = await opening;
  const folder = options.journalFolder(scoring.name);
  const { fresh = false } = options;
  try {
    const describe = (finished: TaskRecord[], begun: Date) => scoring.describe(finished, begun);
    const work = scoring.work();
    const units = work.units.map((unit, i) => ({ ...unit, record: () => scoring.units[i].record() }));
    yield* workOff({ ...work, folder, fresh, units, describe }, listener);
  } finally {
    await scoring.close();
  }
}
