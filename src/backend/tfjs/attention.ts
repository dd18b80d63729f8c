/** Attention, and its masks: what is added to the score of a token for another one. */
import { type Heads, scaleOf } from '../../model/ops.ts';
import type { Batch } from '../backend.ts';
import type { Products } from './products.ts';
import type { Tensor, TensorFlow } from './tensorflow.ts';

/** Added to the score of a token that is not seen: its exponential is 0, and no kernel makes NaN of it. */
const unseen = -1e30;

/** What is added to scores where `sees` is false. */
function hidden(tf: TensorFlow, sees: Tensor): Tensor {
  return tf.mul(tf.cast(tf.logicalNot(sees), 'float32'), unseen);
}

/** 0, 1, … below `size`, along the last axis but `after` ones. */
function indices(tf: TensorFlow, size: number, after = 0): Tensor {
  return tf.reshape(tf.range(0, size, 1, 'int32'), [1, size, ...new Array<number>(after).fill(1)]);
}

/** [B, 1, S, P + S]: what is added to the score of token i for the trunk and for token j, from `ends` [B·S]. */
export function treeMask(tf: TensorFlow, ends: Tensor, { rows, columns, trunk }: Batch): Tensor {
  const [i, j] = [indices(tf, columns, 1), tf.expandDims(indices(tf, columns), 0)];
  const isBefore = tf.lessEqual(j, i);
  const sees = tf.logicalAnd(tf.tile(isBefore, [rows, 1, 1]), tf.less(i, tf.reshape(ends, [rows, 1, columns])));
  const own = tf.expandDims(hidden(tf, sees), 1);
  return trunk?.length ? tf.concat([tf.zeros([rows, 1, columns, trunk.length]), own], 3) : own;
}

/**
 * [B, S, capacity + S]: what is added to scores, where a new token sees its row's earlier tokens, which are `lengths` [B],
 * and the new ones up to itself.
 */
export function stepMask(tf: TensorFlow, lengths: Tensor, columns: number, capacity: number): Tensor {
  const rows = lengths.shape[0];
  const isEarlier = tf.less(tf.expandDims(indices(tf, capacity), 0), tf.reshape(lengths, [rows, 1, 1]));
  const isUpToItself = tf.lessEqual(tf.expandDims(indices(tf, columns), 0), indices(tf, columns, 1));
  const earlier = tf.tile(hidden(tf, isEarlier), [1, columns, 1]);
  return tf.concat([earlier, tf.tile(hidden(tf, isUpToItself), [rows, 1, 1])], 2);
}

/** A mask [.., S, places] under which a token sees the last `size` alone of what it sees. */
export function windowed(tf: TensorFlow, mask: Tensor, size: number): Tensor {
  const seen = tf.cast(tf.greater(mask, unseen / 2), 'float32');
  const later = tf.cumsum(seen, mask.rank - 1, false, true);
  return tf.add(mask, tf.mul(tf.cast(tf.greater(later, size), 'float32'), unseen));
}

/** An attention of `rows` of `columns` tokens each, which look at as many or more `places`. */
interface Sizes extends Heads {
  rows: number;
  columns: number;
  places: number;
}

/** Of q, k and v, the trunk's keys and values [P, keyHeads·dh], and the mask [B, 1, S, P + S]. */
export function attention(
  tf: TensorFlow,
  products: Products,
  [q, k, v, trunkKeys, trunkValues, mask]: Tensor[],
  heads: Heads,
): Tensor {
  const [rows, , columns, places] = mask.shape as [number, number, number, number];
  const sizes = { ...heads, rows, columns, places };
  const [keys, allValues] = [afterTrunk(tf, k, trunkKeys, rows), afterTrunk(tf, v, trunkValues, rows)];
  const scores = tf.reshape(queryKeyScores(tf, products, q, keys, sizes), [rows, heads.heads, columns, places]);
  const weights = tf.reshape(tf.softmax(tf.add(scores, mask)), [rows * heads.keyHeads, -1, places]);
  const values = splitHeads(tf, allValues, { ...sizes, columns: places }, heads.keyHeads, [0, 2, 1, 3]);
  const output = tf.reshape(products.batched(weights, values), [rows, heads.heads, columns, -1]);
  return tf.reshape(tf.transpose(output, [0, 2, 1, 3]), q.shape);
}

/** `x` [N, width], each of its rows after the trunk's `earlier` [P, width], as [B·(P + S), width]. */
function afterTrunk(tf: TensorFlow, x: Tensor, earlier: Tensor, rows: number): Tensor {
  if (earlier.size === 0) return x;
  const width = x.shape[1]!;
  const ofRows = tf.tile(tf.expandDims(earlier, 0), [rows, 1, 1]);
  return tf.reshape(tf.concat([ofRows, tf.reshape(x, [rows, -1, width])], 1), [-1, width]);
}

/** @param mask [B, S, capacity + S] */
export function cachedAttention(
  tf: TensorFlow,
  products: Products,
  [q, k, v, keys, values, mask]: Tensor[],
  shape: Heads,
): Tensor {
  const { heads, keyHeads, headSize } = shape;
  const [rows, columns, places] = mask.shape as [number, number, number];
  const sizes = { ...shape, rows, columns };
  const matrices = (x: Tensor) => tf.reshape(x, [rows * keyHeads, x.shape[2]!, x.shape[3]!]);
  const queries = splitHeads(tf, tf.mul(q, scaleOf(shape)), sizes, heads, [0, 2, 1, 3]);
  const allKeys = tf.concat([matrices(keys), splitHeads(tf, k, sizes, keyHeads, [0, 2, 3, 1])], 2);
  const allValues = tf.concat([matrices(values), splitHeads(tf, v, sizes, keyHeads, [0, 2, 1, 3])], 1);
  const scores = tf.reshape(capped(tf, products.batched(queries, allKeys), shape), [rows, heads, columns, places]);
  const masked = tf.add(scores, tf.reshape(mask, [rows, 1, columns, places]));
  const weights = tf.reshape(tf.softmax(masked), [rows * keyHeads, -1, places]);
  const output = tf.reshape(products.batched(weights, allValues), [rows, heads, columns, headSize]);
  return tf.reshape(tf.transpose(output, [0, 2, 1, 3]), q.shape);
}

/** Of all tokens as one row: [heads, N, N]. */
export function attentionScores(tf: TensorFlow, products: Products, q: Tensor, k: Tensor, heads: Heads): Tensor {
  const columns = q.shape[0];
  const scores = queryKeyScores(tf, products, q, k, { ...heads, rows: 1, columns, places: columns });
  return tf.reshape(scores, [heads.heads, columns, columns]);
}

/**
 * Scores before the mask: [B·keyHeads, heads/keyHeads·S, places]. Query heads that share a key head are one taller matrix, so
 * that keys are not repeated for them.
 */
function queryKeyScores(tf: TensorFlow, products: Products, q: Tensor, k: Tensor, sizes: Sizes): Tensor {
  const queries = splitHeads(tf, tf.mul(q, scaleOf(sizes)), sizes, sizes.heads, [0, 2, 1, 3]);
  const keys = splitHeads(tf, k, { ...sizes, columns: sizes.places }, sizes.keyHeads, [0, 2, 3, 1]);
  return capped(tf, products.batched(queries, keys), sizes);
}

function capped(tf: TensorFlow, scores: Tensor, { cap }: Heads): Tensor {
  return cap === undefined ? scores : tf.mul(tf.tanh(tf.div(scores, cap)), cap);
}

/** `x` [N, count·dh] as [B, S, count, dh], its axes in another order, as B·keyHeads matrices. */
function splitHeads(
  tf: TensorFlow,
  x: Tensor,
  { rows, columns, keyHeads }: Omit<Sizes, 'places'>,
  count: number,
  axes: number[],
): Tensor {
  const perHead = tf.transpose(tf.reshape(x, [rows, columns, count, -1]), axes);
  return tf.reshape(perHead, [rows * keyHeads, -1, perHead.shape[3]!]);
}
