/** A benchmark that a model is scored on. */
import { HonEvalError } from '../../errors.ts';
import { MadeList } from '../../long_list.ts';
import type { flopCounter } from '../../model/cost.ts';
import type { JournalOptions } from '../journal/journal.ts';
import { ScoreJournal } from '../journal/scores.ts';
import type { UnitSettings } from '../journal/settings.ts';
import type { LoadedTask } from '../load_task.ts';
import type { OpenModel, RunListener } from '../open_run.ts';
import type { TaskRecord, WorkCounts } from '../record/run_record.ts';
import type { Score, ScoredDocument } from '../record/scored.ts';
import type { StageClock } from '../stage_clock.ts';
import { measure } from '../task/measure.ts';
import type { Document, Task } from '../task/task.ts';
import { expectedCost } from '../workers/expected_cost.ts';
import type { AskedDocument } from './encode.ts';
import { digestOf, isWithin, Parts, type Piece } from './parts.ts';
import type { PreparePool } from './prepare_pool.ts';
import type { PreparedStore } from './prepared_store.ts';
import { type ScoringModel, scoreDocuments } from './score_documents.ts';
import type { Scorer } from './scoring_worker.ts';

/** What scores: a loaded model, and the threads that prepare its batches. */
export interface LoadedScorer extends OpenModel {
  /** Whether the log-probability of every token is kept. */
  tokens: boolean;
  worker: Scorer;
  pool: PreparePool;
  batchTokens: number;
}

export interface WorkOptions {
  store: PreparedStore;
  listener: RunListener;
  signal?: AbortSignal;
  /** Which of the model's benchmarks this is. */
  order: number;
  /** Index of a part's first document: it and those behind it are left for later. */
  until?: number;
}

export class ScoreUnit {
  readonly task: Task;
  /** Documents that are to be scored. */
  readonly total: number;
  readonly scores: ScoreJournal;
  readonly #loaded: LoadedTask;
  readonly #parts: Parts;
  /** The batches that are to be scored; all where left out. */
  readonly #pieces?: readonly Piece[];
  /** Floating-point operations of all its documents, about, once that was asked. */
  #cost?: number;

  private constructor(loaded: LoadedTask, scores: ScoreJournal, pieces?: readonly Piece[]) {
    this.task = loaded.task;
    this.total = pieces?.reduce((sum, { documents }) => sum + documents, 0) ?? loaded.documents.length;
    this.#pieces = pieces;
    this.scores = scores;
    this.#loaded = loaded;
    this.#parts = Parts.from(loaded);
  }

  /** Throws as `Journal.open`. */
  static async open(
    model: string,
    loaded: LoadedTask,
    settings: UnitSettings,
    { pieces, ...options }: JournalOptions & { pieces?: readonly Piece[] },
  ): Promise<ScoreUnit> {
    const unit = { model, task: loaded.task.name, settings };
    return new ScoreUnit(loaded, await ScoreJournal.open(unit, options), pieces);
  }

  get journal(): ScoreJournal['journal'] {
    return this.scores.journal;
  }

  done(): number {
    const pieces = this.#pieces;
    if (!pieces) return this.scores.doneOf(this.#parts.all);
    return pieces.reduce((sum, piece) => sum + this.doneOf(piece), 0);
  }

  /** Documents of the parts before one's first document that are done. */
  doneUntil(until: number): number {
    return this.scores.doneOf(this.#parts.all.filter(({ start }) => start < until));
  }

  /** Documents of a piece that are done. */
  doneOf(piece: Piece): number {
    const parts = this.#parts.all.filter(({ start }) => start >= piece.from.part && start <= piece.to.part);
    const lines = parts.flatMap((part) => this.scores.batchesOf(part));
    const within = lines.filter(({ part, batch }) => isWithin({ part, batch: Number.parseInt(batch, 10) }, piece));
    return new Set(within.flatMap(({ documents }) => [...documents])).size;
  }

  /** Floating-point operations of what is not done, about. */
  remainingCost(flops: ReturnType<typeof flopCounter>): number {
    this.#cost ??= expectedCost(this.#parts.asked, flops);
    const { length } = this.#loaded.documents;
    return (this.#cost * (this.total - this.done())) / length;
  }

  /** sha256 of all that is asked, hexadecimal. */
  get digest(): string {
    return digestOf(this.#parts.all);
  }

  /** A document that was scored twice, with scores that are not the same. */
  findContradiction(): number | undefined {
    return this.scores.findContradiction(this.#parts.all);
  }

  /** Cells of a batch that was kept last: a run that goes on packs its batches no larger. */
  get batchTokens(): number | undefined {
    return this.#batches().at(-1)?.batchTokens;
  }

  /** Scores the documents that the journal lacks. */
  async work(
    model: LoadedScorer,
    { store, listener, signal, order, until = Number.POSITIVE_INFINITY }: WorkOptions,
  ): Promise<void> {
    const { documents } = this.#loaded;
    const scoring: ScoringModel<AskedDocument> = {
      batchTokens: model.batchTokens,
      width: model.worker.width,
      score: (batch, indices) => model.worker.score({ batch, order, documents: this.#name(indices) }),
      prepare: (part, batchTokens) => store.prepare(this.task.name, part, batchTokens, model),
    };
    let done = this.done();
    const tell = () => listener.progress(model.checkpoint.name, this.task, done, this.total);
    this.journal.begin(model.worker.info);
    tell();
    const isDone = (index: number) => this.scores.has(this.#parts.of(index), index);
    await scoreDocuments(
      this.#parts.asked,
      scoring,
      {
        isDone,
        starts: this.#parts.starts,
        isWanted: (part, batch) => part < until && this.#isWanted(part, batch),
        keep: (batch) => {
          for (const [index, { scores }] of batch.documents)
            checkFinite(scores, this.task, () => documents.at(index)!.place);
          done += this.scores.append(this.#parts.of(batch.part), batch);
          tell();
        },
      },
      signal,
    );
    model.batchTokens = Math.min(model.batchTokens, scoring.batchTokens);
    const { truncatedDocuments } = this.scores.countsOf(this.#parts.all);
    if (truncatedDocuments > 0) listener.notice(this.#truncationNotice(truncatedDocuments, model));
  }

  /**
   * Everything that came of it, or of the parts from one index to before another. Those documents have to be done. Throws
   * as `measure`.
   */
  async record(from = 0, until = Number.POSITIVE_INFINITY): Promise<TaskRecord> {
    const { task, documents: all, available, provenance, shots } = this.#loaded;
    const parts = this.#parts.all.filter(({ start }) => start >= from && start < until);
    const first = parts[0]?.start ?? 0;
    const count = parts.reduce((sum, { length }) => sum + length, 0);
    const scored = new MadeList(count, (i) => this.#scored(all.at(first + i)!));
    const documents = await measure(task, scored);
    return { task, documents, available, provenance, shots, counts: this.#counts() };
  }

  /** A document that is done. */
  #scored(document: Document): ScoredDocument {
    const { scores, truncated } = this.scores.find(this.#parts.of(document.index), document.index)!;
    const choices = document.choices.length;
    const { requests } = this.#parts.asked.at(document.index)!;
    const unconditional = scores.length > choices ? { unconditional: scores.slice(choices) } : {};
    return { document, requests, scores: scores.slice(0, choices), truncatedTokens: truncated, ...unconditional };
  }

  /** Adds what was spent on it, by all processes together. */
  addSeconds(clock: StageClock): void {
    for (const { seconds } of this.#batches())
      for (const [stage, spent] of Object.entries(seconds)) clock.add(stage, spent);
  }

  #name(indices: readonly number[]): string {
    const [first, last] = [Math.min(...indices), Math.max(...indices)];
    return first === last
      ? `document ${first} of ${this.task.name}`
      : `documents of ${this.task.name}, ${first} to ${last}`;
  }

  /** Whether a batch, or any of a part, is among the pieces. */
  #isWanted(part: number, batch?: number): boolean {
    if (!this.#pieces) return true;
    return this.#pieces.some((piece) =>
      batch === undefined ? piece.from.part <= part && part <= piece.to.part : isWithin({ part, batch }, piece),
    );
  }

  #batches() {
    return this.#parts.all.flatMap((part) => this.scores.batchesOf(part));
  }

  #counts(): WorkCounts {
    const batches = new Set(this.#batches().map(({ part, batch }) => `${part} ${batch}`)).size;
    const trees = this.scores.doneOf(this.#parts.all);
    return { ...this.scores.countsOf(this.#parts.all), trees, batches };
  }

  #truncationNotice(truncated: number, { config }: OpenModel): string {
    return (
      `${this.task.name}: ${truncated} of ${this.total} documents did not fit into the model's window of ` +
      `${config.contextLength} tokens; their oldest tokens were left out.`
    );
  }
}

/** @param place Of the document, which may have to be read from disk. */
function checkFinite(scores: readonly Score[], task: Task, place: () => string): void {
  const choice = scores.findIndex((score) => !Number.isFinite(score.logLikelihood));
  if (choice < 0) return;
  const { logLikelihood } = scores[choice];
  throw new HonEvalError(
    'numeric',
    `The model gives choice ${choice} of ${place()} (${task.name}) the log-likelihood ${logLikelihood}; ` +
      'its weights or its dtype make numbers that are not finite.',
  );
}
