import type { Batch, BatchScores } from '../backend/backend.ts';
import { HonEvalError } from '../errors.ts';
import type { ModelWorker } from './model_worker.ts';
import { type PackedBatch, packTrees } from './pack.ts';
import type { EncodedRequest, Score } from './request.ts';
import { buildTree, type TokenTree } from './tree.ts';

/** The model as the harness drives it. */
export interface ScoringModel {
  worker: Pick<ModelWorker, 'score'>;
  /** Tokens that the model can be fed at once. */
  maxLength: number;
  vocabularySize: number;
  /** Cells of a batch, about; halved whenever the device has no memory for one. */
  batchTokens: number;
}

/** What scoring took, beside the scores. */
export interface ScoringCounts {
  /** Tokens fed to the model, without padding. */
  tokens: number;
  /** Tokens that would be fed if every (context, continuation) pair were scored alone. */
  requestTokens: number;
  trees: number;
  batches: number;
  /** Documents that did not fit into the model's window. */
  truncatedDocuments: number;
}

/** One document's requests, in tokens. */
export interface EncodedDocument {
  encoded: EncodedRequest[];
  /** File and row, for messages. */
  place: string;
}

export interface TreeScores {
  /** One a request. */
  scores: Score[];
  /** Context tokens that did not fit. */
  truncated: number;
}

/** Documents that are packed together: enough to fill rows well, few enough that scoring starts at once. */
const windowSize = 256;

/** Batches that wait for the backend, so that it never waits for the main thread. */
const batchesInFlight = 2;

/**
 * Scores documents as they come. They are packed in windows of fixed size, so that batches, and with them the last bits
 * of every figure, depend on the documents alone and not on how fast they came.
 * @param onScored Called with the index of each document, in the order in which they are done.
 */
export async function scoreDocuments(
  documents: Iterable<EncodedDocument>,
  model: ScoringModel,
  onScored: (index: number, scores: TreeScores) => void,
  signal?: AbortSignal,
): Promise<ScoringCounts> {
  const counts: ScoringCounts = { tokens: 0, requestTokens: 0, trees: 0, batches: 0, truncatedDocuments: 0 };
  const inFlight = new Set<Promise<void>>();
  let first = 0;
  for (const window of windows(documents, windowSize)) {
    const trees = window.map((document) => plantTree(document, model));
    const base = first;
    const scoreBatch = async ({ batch, trees: placed }: PackedBatch): Promise<void> => {
      counts.batches++;
      const scores = await scoreOrShrink(batch, model);
      if (scores) {
        for (const { index, firstTarget } of placed)
          onScored(base + index, treeScores(trees[index], scores, firstTarget));
        return;
      }
      const indices = placed.map(({ index }) => index);
      for (const part of packTrees(trees, model.batchTokens, indices)) await scoreBatch(part);
    };
    for (const packed of packTrees(trees, model.batchTokens)) {
      signal?.throwIfAborted();
      if (inFlight.size >= batchesInFlight) await Promise.race(inFlight);
      const scored = scoreBatch(packed).finally(() => inFlight.delete(scored));
      inFlight.add(scored);
    }
    for (const [i, tree] of trees.entries()) count(counts, tree, window[i].encoded, model.maxLength);
    first += window.length;
  }
  await Promise.all(inFlight);
  return counts;
}

/**
 * Scores a batch, or, where the device has no memory for it, halves the model's batch size and gives nothing: its trees
 * are to be packed again. Throws where the batch is a single row, which cannot be made smaller.
 */
async function scoreOrShrink(batch: Batch, model: ScoringModel): Promise<BatchScores | undefined> {
  const cells = batch.rows * batch.columns;
  try {
    return await model.worker.score(batch);
  } catch (error) {
    if (!(error instanceof HonEvalError && error.kind === 'memory') || batch.rows === 1) throw error;
    model.batchTokens = Math.min(model.batchTokens, Math.floor(cells / 2));
    return undefined;
  }
}

function* windows<T>(items: Iterable<T>, size: number): Generator<T[]> {
  let window: T[] = [];
  for (const item of items) {
    window.push(item);
    if (window.length === size) {
      yield window;
      window = [];
    }
  }
  if (window.length) yield window;
}

function plantTree({ encoded, place }: EncodedDocument, model: ScoringModel): TokenTree {
  const tree = buildTree(encoded, model.maxLength, place);
  const largest = Math.max(maximum(tree.ids), maximum(tree.targets));
  if (largest >= model.vocabularySize)
    throw new HonEvalError(
      'checkpoint',
      `${place}: the tokenizer gives token ${largest}, but the model's vocabulary has ${model.vocabularySize}; ` +
        'is this the tokenizer that the model was trained with?',
    );
  return tree;
}

function maximum(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), 0);
}

function count(counts: ScoringCounts, tree: TokenTree, requests: EncodedRequest[], maxLength: number): void {
  counts.tokens += tree.ids.length;
  counts.trees++;
  if (tree.truncated) counts.truncatedDocuments++;
  for (const { context, continuation } of requests)
    counts.requestTokens += Math.min(maxLength, context.length + continuation.length - 1);
}

/** Log-likelihoods are sums in float64 over a continuation's tokens, in their order. */
function treeScores(tree: TokenTree, { logProbs, greedy }: BatchScores, firstTarget: number): TreeScores {
  const scores = tree.requestTargets.map((targets) => ({
    logLikelihood: targets.reduce((sum, target) => sum + logProbs[firstTarget + target], 0),
    greedy: targets.every((target) => greedy[firstTarget + target] === 1),
    tokens: targets.length,
  }));
  return { scores, truncated: tree.truncated };
}
