import type { Batch, BatchScores } from '../../backend/backend.ts';
import { HonEvalError } from '../../errors.ts';
import type { List } from '../../long_list.ts';
import type { DocumentScores, ScoredBatch } from '../journal/scores.ts';
import type { TokenScore } from '../record/scored.ts';
import { partStarts } from './parts.ts';
import type { Prepared, PreparedBatch } from './prepare_batches.ts';
import type { PreparedDocument } from './prepared.ts';

/** A model, and the way from documents of type D to its batches, as the harness drives them. */
export interface ScoringModel<D> {
  /** Scores a batch of documents at some indices. May take the batch's arrays away. */
  score(batch: Batch, indices: readonly number[]): Promise<BatchScores & { seconds: number }>;
  /** Batches that are scored at the same time; 1 if left out. */
  width?: number;
  /** Documents as batches of about `batchTokens` cells. */
  prepare(documents: readonly D[], batchTokens: number): Promise<Prepared>;
  /** Cells of a batch, about; halved whenever the device has no memory for one. */
  batchTokens: number;
}

/** Where scores go to, and may be already. */
export interface ScoreKeeper {
  /** Indices of the parts' first documents; as `partStarts` has them where left out. */
  starts?: readonly number[];
  /** Whether the document at an index needs no scoring; none does where left out. */
  isDone?(index: number): boolean;
  /** Whether a batch, or any of a part, is to be scored; all are where left out. */
  isWanted?(part: number, batch?: number): boolean;
  /** Takes scores as soon as they are there. */
  keep(batch: ScoredBatch): void;
}

/** A part's batches. */
interface PreparedPart extends Pick<Prepared, 'batches' | 'seconds'> {
  /** Index of its first document. */
  start: number;
  batchTokens: number;
}

/**
 * Scores documents. They are prepared and packed in parts of fixed size, so that the first is scored long before the
 * last is encoded, and so that batches, and with them the last bits of every figure, depend on the documents alone:
 * a part of which some are done is packed as a whole, too. However it ends, batches under way are waited for and kept.
 */
export async function scoreDocuments<D>(
  documents: Pick<List<D>, 'length' | 'at'>,
  model: ScoringModel<D>,
  { starts = partStarts(documents.length), isDone = () => false, isWanted = () => true, keep }: ScoreKeeper,
  signal?: AbortSignal,
): Promise<void> {
  /** Batches of the documents at `indices`, with those indices in place of the ones among themselves. */
  async function prepareAt(indices: readonly number[]): Promise<Omit<PreparedPart, 'start'>> {
    const { batchTokens } = model;
    const part = indices.map((index) => documents.at(index)!);
    const { batches, seconds } = await model.prepare(part, batchTokens);
    const placed = (document: PreparedDocument) => ({ ...document, index: indices[document.index] });
    const renamed = batches.map(({ batch, documents: asked }) => ({ batch, documents: asked.map(placed) }));
    return { batches: renamed, seconds, batchTokens };
  }

  const { width = 1 } = model;
  // While batches are scored, parts are prepared for as many, and one batch waits, so that none waits for this thread.
  const ahead = width + 1;
  const windows = new WindowScores();
  /** @param seconds What preparing took that no batch has told yet. */
  async function scoreBatch(
    { batch, documents: placed }: PreparedBatch,
    name: string,
    { start, batchTokens, seconds }: Omit<PreparedPart, 'batches'>,
  ): Promise<void> {
    const cells = batch.rows * batch.columns;
    try {
      const scored = await model.score(
        batch,
        placed.map(({ index }) => index),
      );
      const whole = placed.flatMap((document) => {
        const scores = windows.join(document, documentScores(document, scored));
        return scores ? [[document.index, scores] as const] : [];
      });
      keep({
        part: start,
        batch: name,
        documents: new Map(whole),
        batchTokens,
        seconds: { ...seconds, score: scored.seconds },
      });
    } catch (error) {
      if (!(error instanceof HonEvalError && error.kind === 'memory')) throw error;
      model.batchTokens = Math.min(model.batchTokens, Math.floor(cells / 2));
      const parts = await prepareAt(placed.map(({ index }) => index));
      // Smaller it does not get.
      if (parts.batches.length === 1) throw error;
      for (const [i, part] of parts.batches.entries())
        await scoreBatch(part, `${name}.${i}`, { start, ...secondsOnce(parts, i) });
    }
  }

  const isMissing = (batch: PreparedBatch) => batch.documents.some(({ index }) => !isDone(index));
  const inFlight = new Set<Promise<void>>();
  /** Indices of the documents of each part that is to be scored. */
  function* waiting(): Generator<number[]> {
    for (const [k, start] of starts.entries()) {
      const length = (starts[k + 1] ?? documents.length) - start;
      const indices = Array.from({ length }, (_, i) => start + i);
      if (isWanted(start) && !indices.every(isDone)) yield indices;
    }
  }
  const preparePart = async (indices: readonly number[]) => ({ start: indices[0], ...(await prepareAt(indices)) });
  try {
    for await (const part of inOrder(waiting(), ahead, preparePart))
      for (const [i, batch] of part.batches.entries()) {
        if (!isWanted(part.start, i) || !isMissing(batch)) continue;
        signal?.throwIfAborted();
        if (inFlight.size >= ahead) await Promise.race(inFlight);
        const scored = scoreBatch(batch, String(i), { start: part.start, ...secondsOnce(part, i) }).then(() => {
          inFlight.delete(scored);
        });
        // A failure stays in the set, where the next wait meets it; until then it is not an unhandled one.
        scored.catch(() => {});
        inFlight.add(scored);
      }
    await Promise.all(inFlight);
  } finally {
    await Promise.allSettled(inFlight);
  }
}

/** What the first batch of a part tells of preparing it; the others do not tell it again. */
function secondsOnce(
  { seconds, batchTokens }: Pick<PreparedPart, 'batchTokens' | 'seconds'>,
  batch: number,
): Pick<PreparedPart, 'batchTokens' | 'seconds'> {
  return { batchTokens, seconds: batch === 0 ? seconds : { tokenize: 0, pack: 0 } };
}

/** Results of `work` in the order of `items`, with `ahead` items under way before they are asked for. */
async function* inOrder<I, O>(items: Iterable<I>, ahead: number, work: (item: I) => Promise<O>): AsyncGenerator<O> {
  const underWay: Promise<O>[] = [];
  for (const item of items) {
    const result = work(item);
    // Whoever awaits it hears of a failure; until then it is not an unhandled one.
    result.catch(() => {});
    underWay.push(result);
    if (underWay.length > ahead) yield await underWay.shift()!;
  }
  for (const result of underWay) yield await result;
}

/** The windows of documents that are scored in several, until all are there. */
class WindowScores {
  readonly #waiting = new Map<number, DocumentScores[]>();

  /** The document's scores, sums over its windows, once the last one is there. */
  join({ index, window, windows }: PreparedDocument, scores: DocumentScores): DocumentScores | undefined {
    if (windows === 1) return scores;
    const waiting = this.#waiting.get(index) ?? [];
    waiting[window] = scores;
    this.#waiting.set(index, waiting);
    if (Object.keys(waiting).length < windows) return undefined;
    this.#waiting.delete(index);
    const sum = (of: (scores: DocumentScores) => number) => waiting.reduce((total, each) => total + of(each), 0);
    return {
      truncated: Math.max(...waiting.map(({ truncated }) => truncated)),
      tokens: sum(({ tokens }) => tokens),
      requestTokens: sum(({ requestTokens }) => requestTokens),
      scores: scores.scores.map((first, i) => ({
        logLikelihood: sum((own) => own.scores[i].logLikelihood),
        greedy: waiting.every((own) => own.scores[i].greedy),
        tokens: sum((own) => own.scores[i].tokens),
        ...(first.tokenScores && { tokenScores: waiting.flatMap((own) => own.scores[i].tokenScores ?? []) }),
      })),
    };
  }
}

/** Log-likelihoods are sums in float64 over a continuation's tokens, in their order. */
function documentScores(document: PreparedDocument, { logProbs, greedy }: BatchScores): DocumentScores {
  const { requestTargets, requestTexts, truncated, tokens, requestTokens } = document;
  const scores = requestTargets.map((targets, i) => ({
    logLikelihood: targets.reduce((sum, target) => sum + logProbs[target], 0),
    greedy: targets.every((target) => greedy[target] === 1),
    tokens: targets.length,
    ...(requestTexts && {
      tokenScores: targets.map((target, k): TokenScore => [logProbs[target], requestTexts[i][k]]),
    }),
  }));
  return { scores, truncated, tokens, requestTokens };
}
