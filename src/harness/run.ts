import { basename } from 'node:path';
import { type BackendOptions, parseDevice } from '../backend/backend.ts';
import { chooseBackend, describeChoice } from '../backend/choose.ts';
import { weightsDigest } from '../checkpoint/digest.ts';
import { openCheckpoint } from '../checkpoint/open.ts';
import { parameterCount } from '../checkpoint/parameters.ts';
import { loadTokenizer, type SpecialToken, type Tokenizer } from '../checkpoint/tokenizer.ts';
import type { Checkpoint } from '../checkpoint/types.ts';
import { loadRows } from '../dataset/read.ts';
import type { DatasetOrigin } from '../dataset/source.ts';
import { HonEvalError } from '../errors.ts';
import type { DownloadProgress } from '../hub/types.ts';
import type { ModelConfig } from '../model/architecture.ts';
import { describeModel } from '../model/index.ts';
import { automaticBatchTokens } from './batch_size.ts';
import { type ChoiceOrder, choiceShuffle } from './choice_order.ts';
import { requestTexts } from './encode.ts';
import { peakMemory, weightBytes } from './memory.ts';
import { ModelWorker } from './model_worker.ts';
import { PreparePool, preparingThreads } from './prepare_pool.ts';
import { documents, selectedGroups, selectTasks } from './registry.ts';
import type { Score } from './request.ts';
import type { RunRecord, TaskRecord, WorkCounts } from './run_record.ts';
import { type DocumentScores, type ScoringModel, scoreDocuments } from './score.ts';
import type { ScoredDocument } from './scored.ts';
import { StageClock } from './stage_clock.ts';
import type { Document, Task } from './task.ts';
import { versions } from './versions.ts';

export interface RunOptions extends Omit<BackendOptions, 'device'> {
  /** Folders or `owner/name@revision`. */
  models: string[];
  /** Names of tasks and groups, or paths of task files. */
  tasks: string[];
  /** Folder with the data sets; the hub if left out. */
  data?: string;
  /** Documents of each benchmark; all if left out. */
  limit?: number;
  /** How choices are mixed where the data set does not order them; `question` if left out. */
  order?: ChoiceOrder;
  /** Chosen with the device if left out. */
  backend?: string;
  /** The best one that is there if `auto` or left out. */
  device?: string;
  /** Cells of a batch, about; chosen for the device if left out. */
  batchTokens?: number;
  /** The command line, for the results file. */
  command: string[];
  signal?: AbortSignal;
}

/** Options with nothing left open. */
type ChosenOptions = RunOptions & { backend: string; device: string };

/** What a run tells while it goes on. */
export interface RunListener {
  notice(message: string): void;
  download(progress: DownloadProgress): void;
  /** Before the first document of a task, and whenever some are done. */
  progress(model: string, task: Task, done: number, total: number): void;
}

/** A benchmark with its documents read. */
interface LoadedTask {
  task: Task;
  documents: Document[];
  available: number;
  provenance: string;
}

/**
 * Scores every model on every task, and gives each model's record as soon as it is done.
 * @throws HonEvalError for whatever the user can mend.
 */
export async function* run(options: RunOptions, listener: RunListener): AsyncGenerator<RunRecord> {
  const choice = await chooseBackend(options);
  const chosen: ChosenOptions = { ...options, backend: choice.backend, device: choice.device };
  const notice = describeChoice(choice, options);
  if (notice) listener.notice(notice);
  const tasks = await selectTasks(options.tasks);
  const loaded: LoadedTask[] = [];
  for (const task of tasks) loaded.push(await loadTask(task, options, listener));
  // All of them, so that a model that cannot be run is known before hours of scoring.
  const models: OpenModel[] = [];
  for (const name of options.models) models.push(await openModel(name, options, listener));
  for (const model of models) yield await runModel(model, loaded, chosen, listener);
}

async function loadTask(task: Task, options: RunOptions, listener: RunListener): Promise<LoadedTask> {
  const { data, limit, order = 'question', signal } = options;
  const { download: onProgress, notice: onNotice } = listener;
  const { rows, total, origin } = await loadRows(task, { data, limit, signal, onProgress, onNotice });
  if (rows.length === 0) throw new HonEvalError('dataset', `${provenance(origin)} has no rows for ${task.name}.`);
  const asked = documents(task, rows, choiceShuffle(order));
  return { task, documents: asked, available: total, provenance: provenance(origin) };
}

function provenance(origin: DatasetOrigin): string {
  return origin.kind === 'file' ? basename(origin.path) : `${origin.repo}@${origin.commit}`;
}

/** A model with all of its files but the weights read. */
interface OpenModel {
  checkpoint: Checkpoint;
  config: ModelConfig;
  tokenizer: Tokenizer;
  clock: StageClock;
}

async function openModel(name: string, options: RunOptions, listener: RunListener): Promise<OpenModel> {
  const clock = new StageClock();
  const { download: onProgress, notice: onNotice } = listener;
  const opening = openCheckpoint(name, { onProgress, onNotice, signal: options.signal });
  const checkpoint = await clock.time('download', opening);
  return { checkpoint, config: describeModel(checkpoint.config), tokenizer: await loadTokenizer(checkpoint), clock };
}

/** A model that is ready to score. */
interface LoadedModel extends OpenModel {
  worker: ModelWorker;
  pool: PreparePool;
  batchTokens: number;
}

async function runModel(
  model: OpenModel,
  tasks: LoadedTask[],
  options: ChosenOptions,
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
    return describeRun(loaded, scored, startedAt, await digest, options);
  } finally {
    await Promise.all([loaded.worker.close(), loaded.pool.close()]);
  }
}

async function loadModel(model: OpenModel, options: ChosenOptions): Promise<LoadedModel> {
  const { checkpoint, config, clock } = model;
  const { signal, device } = options;
  const worker = await clock.time('load', ModelWorker.start(checkpoint, options.backend, options, signal));
  const { name } = parseDevice(device);
  return {
    ...model,
    worker,
    pool: new PreparePool(checkpoint, preparingThreads(name), signal),
    batchTokens: options.batchTokens ?? automaticBatchTokens(name, config, worker.freeMemory),
  };
}

/** Prepares and scores the documents of one benchmark, side by side. */
async function scoreTask(
  { task, documents, available, provenance }: LoadedTask,
  model: LoadedModel,
  listener: RunListener,
  signal?: AbortSignal,
): Promise<TaskRecord> {
  const { contextLength: maxLength, vocabularySize } = model.config;
  const delimiter = task.delimiter ?? ' ';
  const scoring: ScoringModel<Document> = {
    batchTokens: model.batchTokens,
    score: (batch) => model.worker.score(batch),
    prepare: (part, batchTokens) => model.pool.prepare(part, delimiter, { maxLength, vocabularySize, batchTokens }),
  };
  const results: ScoredDocument[] = [];
  let done = 0;
  const tell = () => listener.progress(model.checkpoint.name, task, done, documents.length);
  const onScored = (index: number, { scores, truncated }: DocumentScores) => {
    const document = documents[index];
    checkFinite(scores, task, document);
    const requests = requestTexts(document, delimiter);
    results[index] = { document, requests, scores, truncatedTokens: truncated };
    done++;
    tell();
  };
  tell();
  const { seconds, ...counts } = await scoreDocuments(documents, scoring, onScored, signal);
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

function describeRun(
  model: LoadedModel,
  tasks: TaskRecord[],
  startedAt: Date,
  weightsDigest: string,
  options: RunOptions,
): RunRecord {
  const { checkpoint, config, tokenizer, worker, clock } = model;
  const special = (token?: SpecialToken): [string, number] | null => (token ? [token.content, token.id] : null);
  const parameters = parameterCount(checkpoint);
  clock.add('score', worker.busySeconds);
  return {
    model: {
      name: checkpoint.name,
      source: checkpoint.source,
      honSetting: config.hon ?? null,
      architecture: config.architecture,
      parameters,
      weightsDigest,
      tokenizerDigest: tokenizer.digest,
      storedDtypes: [...new Set([...checkpoint.tensors.values()].map((tensor) => tensor.dtype))],
    },
    backend: worker.info,
    versions: { ...versions(), [worker.info.name]: worker.info.version },
    command: options.command,
    startedAt,
    totalSeconds: (Date.now() - startedAt.getTime()) / 1000,
    memory: { peak: peakMemory(), weights: weightBytes(parameters, worker.info.dtype) },
    stageSeconds: clock.seconds,
    limit: options.limit ?? null,
    choiceOrder: options.order ?? 'question',
    maxLength: config.contextLength,
    tokenizer: {
      pad: special(tokenizer.pad),
      eos: special(tokenizer.eos),
      bos: special(tokenizer.bos),
      eot: tokenizer.eos?.id ?? null,
    },
    batchTokens: model.batchTokens,
    tasks,
    groups: selectedGroups(
      options.tasks,
      tasks.map(({ task }) => task),
    ),
  };
}
