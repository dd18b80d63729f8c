import { weightsDigest } from '../../checkpoint/digest.ts';
import { HonEvalError } from '../../errors.ts';
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
} from '../open_run.ts';
import type { RunRecord, TaskRecord, WorkCounts } from '../record/run_record.ts';
import type { Score, ScoredDocument } from '../record/scored.ts';
import { makeDocuments } from '../task/make_documents.ts';
import type { Document, Task } from '../task/task.ts';
import { automaticBatchTokens } from './batch_size.ts';
import { type AskedDocument, askedOf } from './encode.ts';
import { PreparePool, preparingThreads } from './prepare_pool.ts';
import { type DocumentScores, type ScoringModel, scoreDocuments } from './score_documents.ts';
import { ScoringWorker } from './scoring_worker.ts';

export interface RunOptions extends CommonOptions {
  /** Cells of a batch, about; chosen for the device if left out. */
  batchTokens?: number;
}

/**
 * Scores every model on every task, and gives each model's record as soon as it is done.
 * @throws HonEvalError for whatever the user can mend.
 */
export async function* run(options: RunOptions, listener: RunListener): AsyncGenerator<RunRecord> {
  const chosen = await chooseOptions(options, listener);
  const loaded: LoadedTask[] = [];
  for (const task of await chooseTasks(options)) loaded.push(await loadTask(task, makeDocuments, options, listener));
  // All of them, so that a model that cannot be run is known before hours of scoring.
  const models: OpenModel[] = [];
  for (const name of options.models) models.push(await openModel(name, options, listener));
  for (const model of models) yield await runModel(model, loaded, chosen, listener);
}

/** A model that is ready to score. */
interface LoadedModel extends OpenModel {
  worker: ScoringWorker;
  pool: PreparePool;
  batchTokens: number;
}

async function runModel(
  model: OpenModel,
  tasks: LoadedTask[],
  options: Chosen<RunOptions>,
  listener: RunListener,
): Promise<RunRecord> {
  const { signal } = options;
  const startedAt = new Date();
  // Read from disk while the model loads and scores.
  const digest = weightsDigest(model.checkpoint);
  // Whoever awaits it hears of a failure; until then it is not an unhandled one.
  digest.catch(() => {});
  const loaded = await loadModel(model, options);
  try {
    const scored: TaskRecord[] = [];
    for (const task of tasks) scored.push(await scoreTask(task, loaded, listener, signal));
    const { worker, batchTokens, clock } = loaded;
    clock.add('score', worker.busySeconds);
    const described = { ...model, info: worker.info, weightsDigest: await digest };
    return { ...describeRun(described, scored, startedAt, options), batchTokens, generation: null };
  } finally {
    await Promise.all([loaded.worker.close(), loaded.pool.close()]);
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

/** Prepares and scores the documents of one benchmark, side by side. */
async function scoreTask(
  { task, documents, available, provenance }: LoadedTask,
  model: LoadedModel,
  listener: RunListener,
  signal?: AbortSignal,
): Promise<TaskRecord> {
  const { contextLength: maxLength, vocabularySize, long } = model.config;
  const asked = documents.map((document) => askedOf(document, task));
  const scoring: ScoringModel<AskedDocument> = {
    batchTokens: model.batchTokens,
    score: (batch) => model.worker.score(batch),
    prepare: (part, batchTokens) => model.pool.prepare(part, { maxLength, vocabularySize, long, batchTokens }),
  };
  const results: ScoredDocument[] = [];
  let done = 0;
  const tell = () => listener.progress(model.checkpoint.name, task, done, documents.length);
  const onScored = (index: number, { scores, truncated }: DocumentScores) => {
    const document = documents[index];
    checkFinite(scores, task, document);
    const { requests } = asked[index];
    const choices = document.choices.length;
    results[index] = { document, requests, scores: scores.slice(0, choices), truncatedTokens: truncated };
    if (scores.length > choices) results[index].unconditional = scores.slice(choices);
    done++;
    tell();
  };
  tell();
  const { seconds, ...counts } = await scoreDocuments(asked, scoring, onScored, signal);
  model.batchTokens = scoring.batchTokens;
  model.clock.add('tokenize', seconds.tokenize);
  model.clock.add('pack', seconds.pack);
  if (counts.truncatedDocuments > 0) listener.notice(truncationNotice(task, counts, maxLength));
  return { task, documents: results, available, provenance, counts };
}

function truncationNotice(task: Task, { truncatedDocuments, trees }: WorkCounts, maxLength: number): string {
  return (
    `${task.name}: ${truncatedDocuments} of ${trees} documents did not fit into the model's window of ${maxLength} ` +
    'tokens; their oldest tokens were left out.'
  );
}

function checkFinite(scores: readonly Score[], task: Task, document: Document): void {
  const choice = scores.findIndex((score) => !Number.isFinite(score.logLikelihood));
  if (choice < 0) return;
  const { logLikelihood } = scores[choice];
  throw new HonEvalError(
    'numeric',
    `The model gives choice ${choice} of ${document.place} (${task.name}) the log-likelihood ${logLikelihood}; ` +
      'its weights or its dtype make numbers that are not finite.',
  );
}
