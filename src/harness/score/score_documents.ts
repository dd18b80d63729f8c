import type { BatchScores } from '../../backend/backend.ts';
import { HonEvalError } from '../../errors.ts';
import type { WorkCounts } from '../record/run_record.ts';
import type { Score } from '../record/scored.ts';
import type { Prepared, PreparedBatch, PreparedDocument } from './prepare_batches.ts';
import type { ScoringWorker } from './scoring_worker.ts';

/** A model, and the way from documents of type D to its batches, as the harness drives them. */
export interface ScoringModel<D> {
  score: ScoringWorker['score'];
  /** Documents as batches of about `batchTokens` cells. */
  prepare(documents: readonly D[], batchTokens: number): Promise<Prepared>;
  /** Cells of a batch, about; halved whenever the device has no memory for one. */
  batchTokens: number;
}

/** What scoring took, beside the scores. */
export interface ScoringCounts extends WorkCounts {
  /** Of the threads that prepare, while the backend computes. */
  seconds: Prepared['seconds'];
}

export interface DocumentScores {
  /** One a request. */
  scores: Score[];
  /** Context tokens that did not fit. */
  truncated: number;
}

/** Documents that are packed together: enough to fill rows well, few enough that scoring starts at once. */
const windowSize = 256;

/** Windows that are prepared, or being prepared, while one is scored. */
const windowsAhead = 2;

/** Batches that wait for the backend, so that it never waits for the main thread. */
const batchesInFlight = 2;

/**
 * Scores documents. They are prepared and packed in windows of fixed size, so that the first is scored long before the
 * last is encoded, and so that batches, and with them the last bits of every figure, depend on the documents alone.
 * @param onScored Called with the index of each document, in the order in which they are done.
 */
export async function scoreDocuments<D>(
  documents: readonly D[],
  model: ScoringModel<D>,
  onScored: (index: number, scores: DocumentScores) => void,
  signal?: AbortSignal,
): Promise<ScoringCounts> {
  const counts: ScoringCounts = {
    tokens: 0,
    requestTokens: 0,
    trees: documents.length,
    batches: 0,
    truncatedDocuments: 0,
    seconds: { tokenize: 0, pack: 0 },
  };

  /** Batches of the documents at `indices`, with those indices in place of the ones among themselves. */
  async function prepareAt(indices: readonly number[]): Promise<PreparedBatch[]> {
    const part = indices.map((index) => documents[index]);
    const { batches, seconds, ...work } = await model.prepare(part, model.batchTokens);
    counts.seconds.tokenize += seconds.tokenize;
    counts.seconds.pack += seconds.pack;
    counts.tokens += work.tokens;
    counts.requestTokens += work.requestTokens;
    const placed = (document: PreparedDocument) => ({ ...document, index: indices[document.index] });
    return batches.map((packed) => ({ batch: packed.batch, documents: packed.documents.map(placed) }));
  }

  const windows = new WindowScores();
  async function scoreBatch({ batch, documents: placed }: PreparedBatch): Promise<void> {
    const cells = batch.rows * batch.columns;
    counts.batches++;
    try {
      const scores = await model.score(batch);
      for (const document of placed) {
        const whole = windows.join(document, documentScores(document, scores));
        if (!whole) continue;
        if (whole.truncated > 0) counts.truncatedDocuments++;
        onScored(document.index, whole);
      }
    } catch (error) {
      if (!(error instanceof HonEvalError && error.kind === 'memory')) throw error;
      model.batchTokens = Math.min(model.batchTokens, Math.floor(cells / 2));
      const parts = await prepareAt(placed.map(({ index }) => index));
      // Smaller it does not get.
      if (parts.length === 1) throw error;
      for (const part of parts) await scoreBatch(part);
    }
  }

  const inFlight = new Set<Promise<void>>();
  for await (const batches of inOrder(parts(documents.length), windowsAhead, prepareAt))
    for (const batch of batches) {
      signal?.throwIfAborted();
      if (inFlight.size >= batchesInFlight) await Promise.race(inFlight);
      const scored = scoreBatch(batch).then(() => {
        inFlight.delete(scored);
      });
      // A failure stays in the set, where the next wait meets it; until then it is not an unhandled one.
      scored.catch(() => {});
      inFlight.add(scored);
    }
  await Promise.all(inFlight);
  return counts;
}

/** Indices below `count` in runs of `windowSize`. */
function parts(count: number): number[][] {
  const starts = Array.from({ length: Math.ceil(count / windowSize) }, (_, i) => i * windowSize);
  return starts.map((start) => Array.from({ length: Math.min(windowSize, count - start) }, (_, i) => start + i));
}

/** Results of `work` in the order of `items`, with `ahead` items under way before they are asked for. */
async function* inOrder<I, O>(items: readonly I[], ahead: number, work: (item: I) => Promise<O>): AsyncGenerator<O> {
  const underWay: Promise<O>[] = [];
  for (const [i, item] of items.entries()) {
    const result = work(item);
    // Whoever awaits it hears of a failure; until then it is not an unhandled one.
    result.catch(() => {});
    underWay.push(result);
    if (i >= ahead) yield await underWay.shift()!;
  }
  for (const result of underWay) yield await result;
}

/** The windows of documents that are scored in several, until all are there. */
class WindowScores {
  readonly #waiting = new Map<number, DocumentScores[]>();

  /** The document's scores, sums over its windows, once the last one is there. */
  join({ index, window, windows }: PreparedDocument, scores: DocumentScores): DocumentScores | null {
    if (windows === 1) return scores;
    const waiting = this.#waiting.get(index) ?? [];
    waiting[window] = scores;
    this.#waiting.set(index, waiting);
    if (Object.keys(waiting).length < windows) return null;
    this.#waiting.delete(index);
    return {
      truncated: 0,
      scores: scores.scores.map((_, i) => ({
        logLikelihood: waiting.reduce((sum, { scores: own }) => sum + own[i].logLikelihood, 0),
        greedy: waiting.every(({ scores: own }) => own[i].greedy),
        tokens: waiting.reduce((sum, { scores: own }) => sum + own[i].tokens, 0),
      })),
    };
  }
}

/** Log-likelihoods are sums in float64 over a continuation's tokens, in their order. */
function documentScores(document: PreparedDocument, { logProbs, greedy }: BatchScores): DocumentScores {
  const scores = document.requestTargets.map((targets) => ({
    logLikelihood: targets.reduce((sum, target) => sum + logProbs[target], 0),
    greedy: targets.every((target) => greedy[target] === 1),
    tokens: targets.length,
  }));
  return { scores, truncated: document.truncated };
}
