import { weightsDigest } from '../../checkpoint/digest.ts';
import { HonEvalError } from '../../errors.ts';
import { ahead } from '../ahead.ts';
import { commonSettings } from '../journal/settings.ts';
import { type LoadedTask, loadTask } from '../load_task.ts';
import {
  type Chosen,
  type CommonOptions,
  chooseOptions,
  chooseTasks,
  describeRun,
  type OpenModel,
  openModel,
  type RunListener,
  type RunStep,
} from '../open_run.ts';
import { makeDocuments } from '../task/make_documents.ts';
import { workOff } from '../work_off.ts';
import { automaticBatchTokens } from './batch_size.ts';
import { possibleTasks } from './possible_tasks.ts';
import { PreparePool, preparingThreads } from './prepare_pool.ts';
import { PreparedStore } from './prepared_store.ts';
import { type LoadedModel, ScoreUnit } from './score_unit.ts';
import { ScoringWorker } from './scoring_worker.ts';

export interface RunOptions extends CommonOptions {
  /** Cells of a batch, about; chosen for the device if left out. */
  batchTokens?: number;
}

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

/** A model that can be asked its tasks. */
interface ReadyModel {
  model: OpenModel;
  tasks: LoadedTask[];
  /** sha256 of the weights. */
  digest: Promise<string>;
}

async function makeReady(
  name: string,
  loaded: readonly LoadedTask[],
  options: RunOptions,
  listener: RunListener,
): Promise<ReadyModel> {
  const model = await openModel(name, options, listener);
  const tasks = await possibleTasks(model, loaded, options, listener);
  const digest = weightsDigest(model.checkpoint);
  digest.catch(() => {});
  return { model, tasks, digest };
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
  const { model, tasks } = ready;
  const { name } = model.checkpoint;
  const { fresh = false, signal } = options;
  const folder = options.journalFolder(name);
  const digest = await ready.digest;
  const common = await commonSettings(model, digest, options);
  const settings = { ...common, 'batch tokens': options.batchTokens ?? 'auto' };
  const startedAt = performance.now();
  const units: ScoreUnit[] = [];
  let loaded: LoadedModel | undefined;
  try {
    for (const task of tasks) units.push(await ScoreUnit.open(name, task, settings, { folder, fresh }));
    const batchTokens = units.findLast((unit) => unit.batchTokens)?.batchTokens;
    yield* workOff(
      {
        model: name,
        folder,
        fresh,
        units: units.map((unit) => ({
          task: unit.task,
          journal: unit.journal,
          total: unit.total,
          done: () => unit.done(),
          work: () => unit.work(loaded!, store, listener, signal),
          record: () => unit.record(),
        })),
        load: async () => {
          loaded = await loadModel(model, { ...options, batchTokens: batchTokens ?? options.batchTokens });
        },
        describe(finished, begun) {
          const clock = model.clock.copy();
          for (const unit of units) unit.addSeconds(clock);
          const info = units.find(({ journal }) => journal.backend)?.journal.backend;
          const described = { ...model, clock, info: info!, weightsDigest: digest };
          const seconds = (performance.now() - startedAt) / 1000;
          const used = units.findLast((unit) => unit.batchTokens)!.batchTokens!;
          return { ...describeRun(described, finished, begun, seconds, options), batchTokens: used, generation: null };
        },
      },
      listener,
    );
  } finally {
    await Promise.all([loaded?.worker.close(), loaded?.pool.close()]);
    for (const { journal } of units) journal.close();
  }
}

async function loadModel(model: OpenModel, options: Chosen<RunOptions>): Promise<LoadedModel> {
  const { checkpoint, config, clock } = model;
  const { signal } = options;
  const worker = await clock.time('load', ScoringWorker.start(checkpoint, options.backend, options, signal));
  return {
    ...model,
    worker,
    pool: new PreparePool(checkpoint, preparingThreads(worker.kind), signal),
    batchTokens: options.batchTokens ?? automaticBatchTokens(worker.kind, config, worker.freeMemory),
  };
}
