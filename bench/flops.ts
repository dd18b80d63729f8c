import type { Batch } from '../src/backend/backend.ts';

/** What decides the work of a GPT-NeoX, standard (order 1) or with the shared recursion in q and k. */
export interface Shape {
  layers: number;
  hiddenSize: number;
  intermediateSize: number;
  vocabularySize: number;
  order: number;
}

/**
 * Floating-point operations of the matrix products that a batch costs, as the graph does them: padding included, each
 * row's attention over all pairs of its columns, and the last layer's output projection and MLP and the head on the
 * rows that predict something. A multiplication and an addition are two.
 */
export function batchFlops(shape: Shape, { rows, columns, headRows }: Batch): number {
  return flops(shape, { tokens: rows * columns, pairs: rows * columns ** 2, predicting: headRows.length });
}

/** The same of one request scored alone, without padding, where every token passes through all of the model. */
export function requestFlops(shape: Shape, tokens: number): number {
  return flops(shape, { tokens, pairs: tokens ** 2, predicting: tokens });
}

function flops(shape: Shape, work: { tokens: number; pairs: number; predicting: number }): number {
  const { layers, hiddenSize: d, intermediateSize, vocabularySize, order } = shape;
  const { tokens, pairs, predicting } = work;
  // q, k and v; then q and k again from each inner attention.
  const projections = (3 + 2 * (order - 1)) * d * d * layers * tokens;
  const attention = 2 * d * order * layers * pairs;
  const outputAndMlp = (d * d + 2 * d * intermediateSize) * ((layers - 1) * tokens + predicting);
  const head = d * vocabularySize * predicting;
  return 2 * (projections + attention + outputAndMlp + head);
}
