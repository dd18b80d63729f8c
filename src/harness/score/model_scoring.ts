/** A model with the benchmarks that it is scored on. */

import { deviceKind } from '../../backend/index.ts';
import { parameterCount } from '../../checkpoint/parameters.ts';
import { flopCounter } from '../../model/cost.ts';
import { hasJournals, type JournalOptions } from '../journal/journal.ts';
import { commonSettings, type UnitSettings } from '../journal/settings.ts';
import type { LoadedTask } from '../load_task.ts';
import { weightBytes } from '../memory.ts';
import { type Chosen, type CommonOptions, describeRun, type OpenModel, type RunListener } from '../open_run.ts';
import type { ChatRecord, RunRecord, TaskRecord } from '../record/run_record.ts';
import type { UnitOfWork, UnitsWork } from '../work_off.ts';
import type { WorkerOptions } from '../workers/places.ts';
import type { WorkerPool } from '../workers/pool.ts';
import { automaticBatchTokens } from './batch_size.ts';
import type { ChatOptions } from './chat.ts';
import type { Piece } from './parts.ts';
import { PreparePool, preparingThreads } from './prepare_pool.ts';
import type { PreparedStore } from './prepared_store.ts';
import { type LoadedScorer, ScoreUnit } from './score_unit.ts';
import { type Scorer, ScoringWorker } from './scoring_worker.ts';

export interface RunOptions extends CommonOptions, WorkerOptions {
  /** Cells of a batch, about; chosen for the device if left out. */
  batchTokens?: number;
  /** Whether the log-probability of every token is kept. */
  tokens?: boolean;
  /** Whether and how models are asked by their chat templates; in plain text if left out. */
  chat?: Omit<ChatOptions, 'system'>;
}

/** What the scores of a model depend on, beside the questions. */
export async function scoringSettings(
  model: OpenModel,
  digest: string,
  options: Chosen<RunOptions>,
): Promise<UnitSettings> {
  return {
    ...(await commonSettings(model, digest, options)),
    'batch tokens': options.batchTokens ?? 'auto',
    ...(options.tokens ? { "tokens' log-probabilities": 'kept' } : {}),
  };
}

/** A model that can be asked its tasks. */
export interface ReadyModel {
  model: OpenModel;
  tasks: readonly LoadedTask[];
  chat?: ChatRecord;
  /** sha256 of the weights. */
  digest: Promise<string>;
}

/** What scoring takes beside the model. */
export interface ScoringTools extends JournalOptions {
  /** Batches that are prepared already, for another model. */
  store: PreparedStore;
  listener: RunListener;
  /** The processes that score; this one does if left out. */
  pool?: WorkerPool;
  /** What is to be scored of a task; all where left out. */
  piecesOf?(task: string): readonly Piece[];
  /** Whether weights are loaded while they are hashed, where nothing has been kept of the tasks yet. */
  loadsEarly?: boolean;
}

/** Free memory that loading ahead asks for, by the weights': they are there twice for a moment, and the rest is for others. */
const roomPerWeight = 4;

export class ModelScoring {
  readonly units: ScoreUnit[] = [];
  readonly #model: OpenModel;
  readonly #options: Chosen<RunOptions>;
  readonly #tools: ScoringTools;
  #digest = '';
  readonly #chat?: ChatRecord;
  #startedAt = performance.now();
  #loaded?: LoadedScorer;
  #loading?: Promise<void>;
  #preparing?: PreparePool;
  #flops?: ReturnType<typeof flopCounter>;

  private constructor({ model, chat }: ReadyModel, options: Chosen<RunOptions>, tools: ScoringTools) {
    this.#model = model;
    this.#chat = chat;
    this.#options = options;
    this.#tools = tools;
  }

  /** Opens the journals of the tasks. Throws as `Journal.open`. */
  static async open(ready: ReadyModel, options: Chosen<RunOptions>, tools: ScoringTools): Promise<ModelScoring> {
    const { model, tasks } = ready;
    const { folder, fresh, shard, loadsEarly } = tools;
    const scoring = new ModelScoring(ready, options, tools);
    try {
      const names = tasks.map(({ task }) => task.name);
      if (loadsEarly && (fresh || !(await hasJournals(folder, names)))) scoring.load().catch(() => {});
      scoring.#digest = await ready.digest;
      const settings = await scoringSettings(model, scoring.#digest, options);
      for (const task of tasks) {
        const pieces = tools.piecesOf?.(task.task.name);
        const opening = ScoreUnit.open(model.checkpoint.name, task, settings, { folder, fresh, shard, pieces });
        scoring.units.push(await opening);
      }
      return scoring;
    } catch (error) {
      await scoring.close();
      throw error;
    }
  }

  /** As the user named the model. */
  get name(): string {
    return this.#model.checkpoint.name;
  }

  /** The units, as they are worked off. */
  work(): UnitsWork<Omit<UnitOfWork, 'record'>> {
    const { signal } = this.#options;
    const { store, listener, pool } = this.#tools;
    this.#startedAt = performance.now();
    const units = this.units.map((unit, order) => ({
      task: unit.task,
      journal: unit.journal,
      total: unit.total,
      done: () => unit.done(),
      work: () => unit.work(this.#loaded!, { store, listener, signal, order }),
    }));
    return {
      model: this.name,
      units,
      // While one comes to its end, the processes that it has nothing left for have the next ones.
      width: 1 + (pool?.size ?? 0),
      load: () => this.load(),
      stop: (error) => this.#loaded?.worker.fail?.(error),
    };
  }

  /** Scores what is missing of a unit's documents from one part's first to before another's, and gives what came of them. */
  async scorePart(unit: ScoreUnit, from: number, until: number): Promise<TaskRecord> {
    const { signal } = this.#options;
    const { store, listener } = this.#tools;
    if (unit.doneUntil(until) < until) {
      await this.load();
      await unit.work(this.#loaded!, { store, listener, signal, until, order: this.units.indexOf(unit) });
    }
    return unit.record(from, until);
  }

  /** Loads the weights, once. */
  load(): Promise<void> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  /** Begins to load them where they are needed and there is room for them beside another model; never fails. */
  loadAhead(): void {
    if (this.units.every((unit) => unit.done() >= unit.total)) return;
    const weights = weightBytes(parameterCount(this.#model.checkpoint), this.#options.dtype);
    if (weights * roomPerWeight < process.availableMemory()) this.load().catch(() => {});
  }

  async #load(): Promise<void> {
    const { checkpoint, clock } = this.#model;
    const { signal, backend } = this.#options;
    const { pool, store } = this.#tools;
    const kind = await deviceKind(this.#options);
    this.#preparing = new PreparePool(checkpoint, preparingThreads(kind, pool?.size), signal);
    // They read the tokenizer while the weights are read, unless what they would make is there.
    if (store.isEmpty) this.#preparing.start();
    const starting: Promise<Scorer> = pool
      ? pool.open({ checkpoint, remaining: () => this.#remainingCost() })
      : ScoringWorker.start(checkpoint, backend, this.#options, signal);
    const worker = await clock.time('load', starting);
    const { info, freeMemory } = worker;
    this.#loaded = {
      ...this.#model,
      tokens: this.#options.tokens ?? false,
      worker,
      pool: this.#preparing,
      batchTokens:
        this.#usedBatchTokens() ??
        this.#options.batchTokens ??
        automaticBatchTokens({ kind, freeMemory, dtype: info.dtype }, checkpoint.config),
    };
  }

  /** What came of the tasks that are finished. */
  describe(finished: TaskRecord[], begun: Date): RunRecord {
    const clock = this.#model.clock.copy();
    for (const unit of this.units) unit.addSeconds(clock);
    const info = this.units.find(({ journal }) => journal.backend)!.journal.backend!;
    const seconds = (performance.now() - this.#startedAt) / 1000;
    const described = { ...this.#model, clock, info, weightsDigest: this.#digest };
    const record = describeRun(described, finished, begun, seconds, this.#options);
    const peak = record.memory.peak + (this.#loaded?.worker.memory?.() ?? 0);
    const memory = { ...record.memory, peak };
    return { ...record, memory, batchTokens: this.#usedBatchTokens()!, generation: null, chat: this.#chat };
  }

  async close(): Promise<void> {
    await this.#loading?.catch(() => {});
    await Promise.all([this.#loaded?.worker.close(), this.#preparing?.close()]);
    for (const { journal } of this.units) journal.close();
    this.#model.use.release();
  }

  #remainingCost(): number {
    this.#flops ??= flopCounter(this.#model.checkpoint.config);
    return this.units.reduce((sum, unit) => sum + unit.remainingCost(this.#flops!), 0);
  }

  /** Cells of a batch that were used last: a run that goes on packs its batches no larger. */
  #usedBatchTokens(): number | undefined {
    return this.units.findLast((unit) => unit.batchTokens)?.batchTokens;
  }
}
