/** The softmax over a vocabulary, of the tokens that are asked for. */
import type { TokenScores } from '../../model/ops.ts';
import type { Graph, Value } from './graph.ts';
import { elementTypes } from './proto.ts';

/** Stands where there is no logit: its exponential is 0, and no kernel makes NaN of it. */
const unseen = -1e30;

/** Logits whose exponentials are summed at a time: enough for a vector unit, few enough to lose nothing. */
export const blockWidth = 128;

/**
 * From float32 logits [R, V]. ONNX Runtime sums a row's exponentials one after the other, which over 50,000 of them costs
 * 1e-5 of the sum and more where a few are far above the rest. So they are summed by blocks, in the one pass that
 * `Softmax` makes of a block: the largest of its results is one by the sum.
 */
export function tokenScores(
  g: Graph,
  logits: Value,
  isPadded: boolean,
  rows: Value,
  tokens: Value,
): TokenScores<Value> {
  const blocks = inBlocks(g, isPadded ? padded(g, logits, blockWidth, unseen) : logits, blockWidth);
  const largestOf = (x: Value) => g.node('ReduceMax', [x, g.int64([2])], { keepdims: 0 });
  const peaks = largestOf(blocks);
  const largest = g.node('ReduceMax', [peaks, g.int64([1])]);
  const scales = g.node('Exp', [g.node('Sub', [peaks, largest])]);
  const sums = g.node('Div', [scales, largestOf(g.node('Softmax', [blocks], { axis: 2 }))]);
  const ofTarget = (x: Value) => g.node('Squeeze', [g.node('Gather', [x, rows], { axis: 0 }), g.int64([1])]);
  const pairs = g.node('Concat', [column(g, rows), column(g, tokens)], { axis: 1 });
  const [centred, lost] = difference(g, g.node('GatherND', [logits, pairs]), ofTarget(largest));
  // What rounding took from the difference is a factor of the sum.
  const sum = g.node('Div', [ofTarget(rowSums(g, sums)), g.node('Exp', [lost])]);
  return { centred: { ...centred, shape: ['targets'] }, sum: { ...sum, shape: ['targets'] } };
}

/** `a` - `b`, rounded, and what the rounding took (Knuth, The Art of Computer Programming, volume 2, 4.2.2, theorem B). */
function difference(g: Graph, a: Value, b: Value): [rounded: Value, rest: Value] {
  const sub = (x: Value, y: Value) => g.node('Sub', [x, y]);
  const rounded = sub(a, b);
  const gone = sub(rounded, a);
  return [rounded, sub(sub(a, sub(rounded, gone)), g.node('Add', [b, gone]))];
}

/** Sums of the rows of `x` [R, n]: [R, 1]. Sums of few numbers, and few sums of those, round little. */
function rowSums(g: Graph, x: Value): Value {
  const stage = (sums: Value) =>
    g.node('ReduceSum', [inBlocks(g, padded(g, sums, 16, 0), 16), g.int64([2])], { keepdims: 0 });
  return g.node('ReduceSum', [stage(stage(x)), g.int64([1])]);
}

/** [R, n·width] as [R, n, width]. */
function inBlocks(g: Graph, x: Value, width: number): Value {
  return g.node('Reshape', [x, g.int64([0, -1, width])]);
}

/** `x` [R, n] with `filler` behind its rows, up to a multiple of `width`. */
function padded(g: Graph, x: Value, width: number, filler: number): Value {
  const size = g.node('Shape', [x], { start: 1 });
  const missing = g.node('Mod', [g.node('Sub', [g.int64([0]), size]), g.int64([width])]);
  const pads = g.node('Concat', [g.int64([0, 0, 0]), missing], { axis: 0 });
  return g.node('Pad', [x, pads, g.float32(Float32Array.of(filler), [])]);
}
/** [K] int32 as [K, 1] int64. */
function column(g: Graph, x: Value): Value {
  return g.node('Cast', [g.node('Unsqueeze', [x, g.int64([1])])], { to: elementTypes.int64 });
}
