/** What a model costs: parameters, operations, memory. */
import type { JsonObject } from '../json.ts';
import type { HonSetting } from './hon.ts';
import { describeModel } from './index.ts';
import { isOfLayer, type Part, parameterShapes, parts, traceModel, type Work } from './trace.ts';

export interface ParameterCounts {
  total: number;
  /** Of the token embedding and, where it is not tied to it, the head. */
  embedding: number;
  /** Of the inner projections of `separate`. */
  added: number;
}

export function countParameters(config: JsonObject): ParameterCounts {
  const parameters = parameterShapes(config);
  const base = parameterShapes({ ...config, hon: null });
  const count = (wanted: (name: string, shape: readonly number[]) => boolean) =>
    [...parameters]
      .filter(([name, shape]) => wanted(name, shape))
      .reduce((sum, [, shape]) => sum + shape.reduce((a, b) => a * b), 0);
  return {
    total: count(() => true),
    // The norm outside the layers is a vector.
    embedding: count((name, shape) => !isOfLayer(name) && shape.length === 2),
    added: count((name) => !base.has(name)),
  };
}

/** One token through the model at one order of attention. */
export interface OrderCost {
  order: number;
  /** Floating-point operations; a multiplication and an addition are two. */
  flops: Record<Part, number> & { total: number };
  /** Attentions of one layer. */
  attentions: number;
  /**
   * Operations and attentions where the branches of the recursion share nothing, as the paper writes it: a tree, which
   * with queries and keys refined has 2^m - 1 attentions.
   */
  asWritten: { flops: number; attentions: number };
  /** What the paper counts: 2^m (Eq. 13). */
  paper: number;
}

/**
 * Costs of a token that is compared with `visible` tokens, at orders 1 to `highest` of the checkpoint's setting; of the
 * paper's, queries and keys, where it has none.
 */
export function orderCosts(config: JsonObject, visible: number, highest: number): OrderCost[] {
  const setting = settingOf(config);
  const cost = (hon: HonSetting) => tokenCost(config, hon, visible);
  // With projections of its own every inner attention is computed by itself, and all cost the same.
  const branches = setting.projections.length;
  const standard = cost({ ...setting, order: 1 }).flops.total;
  const inner = setting.inner === 'shared' ? cost({ ...setting, order: 2, inner: 'separate' }).flops.total : standard;
  let nodes = 1;
  return Array.from({ length: highest }, (_, i) => {
    const here = cost({ ...setting, order: i + 1 });
    const tree = { flops: standard + ((nodes - 1) * (inner - standard)) / branches, attentions: nodes };
    nodes = 1 + branches * nodes;
    const { total: flops } = here.flops;
    const asWritten = setting.inner === 'shared' ? tree : { flops, attentions: here.attentions };
    return { order: i + 1, ...here, asWritten, paper: 2 ** (i + 1) };
  });
}

function settingOf(config: JsonObject): HonSetting {
  const { hon, heads, headSize, hiddenSize } = describeModel(config);
  return hon ?? { order: 1, projections: ['q', 'k'], inner: heads * headSize === hiddenSize ? 'shared' : 'self' };
}

function tokenCost(config: JsonObject, hon: HonSetting, visible: number): Pick<OrderCost, 'flops' | 'attentions'> {
  const { flops, attentionCalls } = traceModel({ ...config, hon: { ...hon } }, { tokens: 1, visible, predicting: 1 });
  const total = parts.reduce((sum, part) => sum + flops[part], 0);
  return { flops: { ...flops, total }, attentions: attentionCalls / describeModel(config).layers };
}

/** Counts the floating-point operations of batches of any size: they are linear in three numbers. */
export function flopCounter(config: JsonObject): (work: Work) => number {
  const count = (tokens: number, visible: number, predicting: number) => {
    const { flops } = traceModel(config, { tokens, visible, predicting });
    return parts.reduce((sum, part) => sum + flops[part], 0);
  };
  const [perToken, perPrediction] = [count(1, 0, 0), count(0, 0, 1)];
  const perPair = count(1, 1, 0) - perToken;
  return ({ tokens, visible, predicting }) =>
    tokens * perToken + tokens * visible * perPair + predicting * perPrediction;
}

/** Numbers that a model keeps in memory; times the bytes of a dtype they are bytes. */
export interface MemoryCosts {
  weights: number;
  /** Keys and values of one token: one key a level, and one value where values are not refined. */
  cachePerToken: number;
}

export function memoryCosts(config: JsonObject): MemoryCosts {
  const { cacheWidth } = traceModel(config, { tokens: 1, visible: 1, predicting: 1 });
  return { weights: countParameters(config).total, cachePerToken: cacheWidth };
}
