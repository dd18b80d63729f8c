import { weightsDigest } from '../../checkpoint/digest.ts';
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
  // All of them, so that a model that cannot be run, or cannot be asked, is known before hours of scoring.
  const models: { model: OpenModel; tasks: LoadedTask[] }[] = [];
  for (const name of options.models) {
    const model = await openModel(name, options, listener);
    models.push({ model, tasks: await possibleTasks(model, loaded, options, listener) });
  }
  for (const { model, tasks } of models) yield* runModel(model, tasks, chosen, listener);
}

async function* runModel(
  model: OpenModel,
  tasks: LoadedTask[],
  options: Chosen<RunOptions>,
  listener: RunListener,
): AsyncGenerator<RunStep> {
  const { name } = model.checkpoint;
  const { fresh = false, signal } = options;
  const folder = options.journalFolder(name);
  const digest = await weightsDigest(model.checkpoint);
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
          work: () => unit.work(loaded!, listener, signal),
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
