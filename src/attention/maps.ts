/** Attention scores of a model, turned into weights and numbers. */
import { setImmediate } from 'node:timers/promises';
import { type AttentionNumbers, attentionNumbers, causalWeights, meanNumbers } from './numbers.ts';
import type { ObservedAttention, ObservedModel } from './observe.ts';

/** One head of one attention over n tokens. */
export interface AttentionHead {
  layer: number;
  head: number;
  /** [n, n], 0 above the diagonal. */
  weights: Float32Array;
  numbers: AttentionNumbers;
}

/** One attention in all layers and heads. */
export interface AttentionMap extends Pick<ObservedAttention, 'path'> {
  /** By layer, then by head. */
  heads: AttentionHead[];
  /** [n, n] mean of the weights over layers and heads. */
  mean: Float32Array;
  /** Mean of the heads' numbers. */
  numbers: AttentionNumbers;
}

/** The attentions of one model over its tokens. */
export interface AttentionMaps extends Omit<ObservedModel, 'attentions'> {
  maps: AttentionMap[];
}

/** Unit roundoff, relative to 1. */
const epsilons: Record<ObservedModel['backend']['dtype'], number> = {
  float64: 2 ** -52,
  float32: 2 ** -23,
  float16: 2 ** -10,
  bfloat16: 2 ** -7,
};

/** Weights and numbers of every head. It stays possible to stop, by `signal`, between two of them. */
export async function measureAttention(observed: ObservedModel, signal?: AbortSignal): Promise<AttentionMaps> {
  const { attentions, ...model } = observed;
  const maps: AttentionMap[] = [];
  for (const { path, scores } of attentions) {
    const heads: AttentionHead[] = [];
    for (const [layer, ofHeads] of scores.entries())
      for (const [head, ofHead] of split(ofHeads, model.ids.length).entries()) {
        heads.push({ layer, head, ...measureHead(ofHead, model, layer) });
        await setImmediate();
        signal?.throwIfAborted();
      }
    const numbers = meanNumbers(heads.map((head) => head.numbers));
    maps.push({ path, heads, mean: meanWeights(heads), numbers });
  }
  return { ...model, maps };
}

type Scores = ObservedAttention['scores'][number];

/** [heads, n, n] as `heads` times [n, n]. */
function split(scores: Scores, n: number): Scores[] {
  const size = n * n;
  return Array.from({ length: scores.length / size }, (_, head) => scores.subarray(head * size, (head + 1) * size));
}

function measureHead(scores: Scores, { ids, backend, config }: Omit<ObservedModel, 'attentions'>, layer: number) {
  const weights = causalWeights(scores, ids.length, config.attentions[layer].window);
  return { weights, numbers: attentionNumbers(scores, weights, ids.length, epsilons[backend.dtype]) };
}

function meanWeights(heads: readonly AttentionHead[]): Float32Array {
  return heads[0].weights.map((_, cell) => heads.reduce((sum, head) => sum + head.weights[cell], 0) / heads.length);
}
