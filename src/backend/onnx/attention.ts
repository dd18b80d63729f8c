/** Attention, as operators of ONNX: fused ones where the device has them, and spelled out. */
import { type Heads, type Past, scaleOf } from '../../model/ops.ts';
import { columnStep } from '../backend.ts';
import { type Graph, type Value, width } from './graph.ts';
import { elementTypes } from './proto.ts';

/** Added to the score of a token that is not seen: its exponential is 0, and no kernel makes NaN of it. */
export const unseen = -1e30;

/**
 * How a device attends to a tree: by the fused operator, in one piece or with the queries in blocks, which is less work
 * in more nodes; or in products and a softmax, where the device's fused operators take no mask.
 */
export type AttentionForm = 'fused' | 'blocks' | 'plain';

/** The P places for tokens that all rows of a batch follow. */
export interface Trunk {
  /** [P] the largest integer where there is a token, and 0 where a place is left. */
  ends: Value;
  /** [1] P */
  length: Value;
  /** [1] rows of the batch. */
  rows: Value;
}

/** `x` [P, …], which has so many axes with it, once a row: [B, P, …]. */
function perRow(g: Graph, x: Value, { rows }: Trunk, axes: number): Value {
  const ones = g.int64(new Array<number>(axes - 1).fill(1));
  return g.node('Tile', [g.node('Unsqueeze', [x, g.int64([0])]), g.node('Concat', [rows, ones], { axis: 0 })]);
}

/** [N, width] as [B, S, width]. */
export function unflatten(g: Graph, x: Value, batchShape: Value): Value {
  return g.node('Reshape', [x, g.node('Concat', [batchShape, g.int64([width(x)])], { axis: 0 })]);
}

/** The shape [N, width] that `x` has, for what was computed of it in another. */
export function flattenLike(g: Graph, x: Value, computed: Value): Value {
  return { ...g.node('Reshape', [computed, g.int64([-1, width(x)])]), shape: x.shape };
}

/**
 * [B, 1, S, P + S] booleans: token i sees the places of the trunk that have a token, and token j where
 * `j <= i && i < end[j]`.
 * @param ends [B, S]
 */
export function treeMask(g: Graph, ends: Value, trunk: Trunk): Value {
  const columns = g.node('Shape', [ends], { start: 1 });
  const i = g.node('Unsqueeze', [indices(g, columns), g.int64([1])]);
  const allEnds = g.node('Concat', [perRow(g, trunk.ends, trunk, 2), ends], { axis: 1 });
  const j = indices(g, columns, g.node('Mul', [trunk.length, g.int64([-1])]));
  const endOfJ = g.node('Unsqueeze', [allEnds, g.int64([1])]);
  const sees = g.node('And', [g.node('LessOrEqual', [j, i]), g.node('Less', [i, endOfJ])]);
  return g.node('Unsqueeze', [sees, g.int64([1])]);
}

/**
 * [B, 1, S, capacity + S] in float32, what is added to scores: a new token sees its row's earlier tokens, which are
 * `lengths` [B], and the new ones up to itself.
 * @param capacity [] int32
 * @param batchShape [B, S]
 */
export function stepMask(g: Graph, lengths: Value, capacity: Value, batchShape: Value): Value {
  const place = g.node('Range', [g.int32(0), capacity, g.int32(1)]);
  const isEarlier = g.node('Less', [place, g.node('Unsqueeze', [lengths, g.int64([1, 2, 3])])]);
  const columns = g.node('Slice', [batchShape, g.int64([1]), g.int64([2])]);
  const i = indices(g, columns);
  const isUpToItself = g.node('LessOrEqual', [i, g.node('Unsqueeze', [i, g.int64([1])])]);
  const grid = (x: Value, width: Value) => {
    const rows = g.node('Slice', [batchShape, g.int64([0]), g.int64([1])]);
    return g.node('Expand', [addedToScores(g, x), g.node('Concat', [rows, g.int64([1]), columns, width], { axis: 0 })]);
  };
  const places = g.node('Unsqueeze', [g.node('Cast', [capacity], { to: elementTypes.int64 }), g.int64([0])]);
  return g.node('Concat', [grid(isEarlier, places), grid(isUpToItself, columns)], { axis: 3 });
}

/** 0, 1, … below `size` [1], or from another number on, in the type of tokens and positions, which every device compares. */
export function indices(g: Graph, size: Value, first?: Value): Value {
  const number = (x: Value) => g.node('Cast', [g.node('Squeeze', [x, g.int64([0])])], { to: elementTypes.int32 });
  return g.node('Range', [first ? number(first) : g.int32(0), number(size), g.int32(1)]);
}

/** Of the tokens that each one sees by a mask of booleans, the last `size`, counted from the end of its row. */
function amongLast(g: Graph, seen: Value, size: number): Value {
  const counted = g.node('Cast', [seen], { to: elementTypes.int32 });
  return g.node('LessOrEqual', [g.node('CumSum', [counted, g.int32(-1)], { reverse: 1 }), g.int32(size)]);
}

/** What a window leaves of what `treeMask` gave. */
export function treeWindow(g: Graph, sees: Value, size: number): Value {
  return g.node('And', [sees, amongLast(g, sees, size)]);
}

/** What a window leaves of a step's mask in float32: 0 for what is seen, and `unseen` for the rest. */
export function stepWindow(g: Graph, mask: Value, size: number): Value {
  const sees = g.node('Less', [g.float32(Float32Array.of(unseen / 2), []), mask]);
  return addedToScores(g, treeWindow(g, sees, size));
}

/** What is added to scores under a mask of booleans. */
export function addedToScores(g: Graph, mask: Value): Value {
  return g.node('Where', [mask, g.float32(Float32Array.of(0), []), g.float32(Float32Array.of(unseen), [])]);
}

/** Queries `from` to `to`, which see no key from `to` on; the first and the last one where these are left out. */
export interface QueryBlock {
  from?: Value;
  to?: Value;
  /** The first key that they do not see, counted with the trunk; the number of keys where left out. */
  keysTo?: Value;
  /** [B, 1, queries, keys] */
  mask: Value;
}

/**
 * A token sees nothing that comes after it, so that the queries of each of n blocks need the keys of the blocks up to it
 * alone: (n + 1) / 2n of the work.
 */
export function queryBlocks(g: Graph, batchShape: Value, mask: Value, trunk: Trunk): QueryBlock[] {
  const columns = g.node('Slice', [batchShape, g.int64([1]), g.int64([2])]);
  const step = g.node('Div', [columns, g.int64([columnStep])]);
  const cut = (n: number) => (n % columnStep === 0 ? undefined : g.node('Mul', [step, g.int64([n])]));
  const cuts = Array.from({ length: columnStep + 1 }, (_, n) => cut(n));
  return cuts.slice(1).map((to, n) => {
    const rows = part(g, mask, cuts[n], to, 2);
    const keysTo = to && g.node('Add', [trunk.length, to]);
    return { from: cuts[n], to, keysTo, mask: part(g, rows, undefined, keysTo, 3) };
  });
}

/** Elements `from` to `to` of an axis; all of them where both are left out. */
function part(g: Graph, x: Value, from?: Value, to?: Value, axis = 1): Value {
  if (!from && !to) return x;
  return g.node('Slice', [x, from ?? g.int64([0]), to ?? g.int64([Number.MAX_SAFE_INTEGER]), g.int64([axis])]);
}

/** Of q, k and v [N, …], and the trunk's keys and values before them [P, …], under the masks of their blocks. */
export function fusedAttention(
  g: Graph,
  [q, k, v]: readonly Value[],
  past: Past<Value> & Trunk,
  blocks: readonly QueryBlock[],
  { heads, keyHeads, scale, cap }: Heads,
  batchShape: Value,
): Value {
  const attributes = {
    q_num_heads: heads,
    kv_num_heads: keyHeads,
    ...(scale !== undefined && { scale: { float: scale } }),
    ...(cap !== undefined && { softcap: { float: cap } }),
  };
  const queries = unflatten(g, q, batchShape);
  const after = (earlier: Value, x: Value) =>
    g.node('Concat', [perRow(g, earlier, past, 3), unflatten(g, x, batchShape)], { axis: 1 });
  const [keys, values] = [after(past.keys, k), after(past.values, v)];
  const outputs = blocks.map(({ from, to, keysTo, mask }) => {
    const [seenKeys, seenValues] = [keys, values].map((x) => part(g, x, undefined, keysTo));
    return g.node('Attention', [part(g, queries, from, to), seenKeys, seenValues, mask], attributes);
  });
  return flattenLike(g, q, outputs.length > 1 ? g.node('Concat', outputs, { axis: 1 }) : outputs[0]);
}

/**
 * The trunk's keys and values [P, keyHeads·dh] as `plainAttention` takes what is remembered: of one row, for all.
 */
export function trunkPast(g: Graph, { keys, values }: Past<Value>, { keyHeads, headSize }: Heads): Past<Value> {
  const split = (x: Value, perm: number[]) =>
    g.node('Transpose', [g.node('Reshape', [x, g.int64([1, -1, keyHeads, headSize])])], { perm });
  return { keys: split(keys, [0, 2, 3, 1]), values: split(values, [0, 2, 1, 3]) };
}

/**
 * Softmax over the keys of a row, and of `past` before them, in products. With a cache fused operators would put old and
 * new keys side by side first, which moves the whole cache at each step. The heads that read the same keys are rows of one
 * product.
 * @param qkv q [N, heads·dh], scaled; k and v [N, keyHeads·dh].
 * @param mask [B, 1, S, capacity + S], added to the scores.
 * @param number A constant of the type that is computed in.
 */
export function plainAttention(
  g: Graph,
  [q, k, v]: readonly Value[],
  past: Past<Value>,
  mask: Value,
  sizes: Heads,
  batchShape: Value,
  number: (value: number) => Value,
): Value {
  const { heads, keyHeads, headSize } = sizes;
  const shared = heads / keyHeads;
  const reshape = (x: Value, ...shape: number[]) => g.node('Reshape', [x, g.int64(shape)]);
  /** [N, width] as [B, S, …] with its axes in another order. */
  const split = (x: Value, sizes: number[], perm: number[]) => {
    const shape = g.node('Concat', [batchShape, g.int64(sizes)], { axis: 0 });
    return g.node('Transpose', [g.node('Reshape', [x, shape])], { perm });
  };
  const queries = reshape(split(q, [keyHeads, shared, headSize], [0, 2, 3, 1, 4]), 0, keyHeads, -1, headSize);
  const keys = split(k, [keyHeads, headSize], [0, 2, 3, 1]);
  const values = split(v, [keyHeads, headSize], [0, 2, 1, 3]);
  const ownScores = g.node('MatMul', [queries, keys]);
  const scores = g.node('Concat', [g.node('MatMul', [queries, past.keys]), ownScores], { axis: 3 });
  const weights = g.node('Softmax', [g.node('Add', [capped(g, scores, sizes, number), repeated(g, mask, shared)])], {
    axis: 3,
  });
  const output = weightedPast(g, weights, past.values, values);
  const perToken = g.node('Transpose', [reshape(output, 0, keyHeads, shared, -1, headSize)], { perm: [0, 3, 1, 2, 4] });
  return flattenLike(g, q, perToken);
}

/** A mask [B, 1, S, T] for each of the heads that read the same keys. */
function repeated(g: Graph, mask: Value, shared: number): Value {
  return shared === 1 ? mask : g.node('Tile', [mask, g.int64([1, 1, shared, 1])]);
}

/** The sum of earlier values [B, keyHeads, capacity, dh] and new ones by their weights. */
function weightedPast(g: Graph, weights: Value, earlier: Value, values: Value): Value {
  const capacity = g.node('Shape', [earlier], { start: 2, end: 3 });
  const onPast = g.node('Slice', [weights, g.int64([0]), capacity, g.int64([3])]);
  const onOwn = g.node('Slice', [weights, capacity, g.int64([Number.MAX_SAFE_INTEGER]), g.int64([3])]);
  return g.node('Add', [g.node('MatMul', [onPast, earlier]), g.node('MatMul', [onOwn, values])]);
}

/** From float32 q [N, heads·dh] and k [N, keyHeads·dh]; the heads that read the same keys are an axis of their own. */
export function attentionScores(g: Graph, q: Value, k: Value, sizes: Heads): Value {
  const { heads, keyHeads } = sizes;
  const number = (value: number) => g.float32(Float32Array.of(value), []);
  const split = (x: Value, shared: number, perm: number[]) =>
    g.node('Transpose', [g.node('Reshape', [x, g.int64([0, keyHeads, shared, -1])])], { perm });
  const queries = split(g.node('Mul', [q, number(scaleOf(sizes))]), heads / keyHeads, [1, 2, 0, 3]);
  const scores = capped(g, g.node('MatMul', [queries, split(k, 1, [1, 2, 3, 0])]), sizes, number);
  const tokens = g.node('Shape', [q], { start: 0, end: 1 });
  const shape = g.node('Concat', [g.int64([heads]), tokens, tokens], { axis: 0 });
  return { ...g.node('Reshape', [scores, shape]), shape: [heads, 'tokens', 'tokens'] };
}

function capped(g: Graph, scores: Value, { cap }: Heads, number: (value: number) => Value): Value {
  if (cap === undefined) return scores;
  return g.node('Mul', [g.node('Tanh', [g.node('Mul', [scores, number(1 / cap)])]), number(cap)]);
}
