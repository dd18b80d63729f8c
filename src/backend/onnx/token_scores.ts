/** The softmax over a vocabulary, of the tokens that are asked for. */
import type { TokenScores } from '../../model/ops.ts';
import { unseen } from './attention.ts';
import { type Graph, type Value, width } from './graph.ts';
import { elementTypes } from './proto.ts';

/** Logits whose exponentials are summed at a time: enough for a vector unit, few enough to lose nothing. */
const blockWidth = 128;

/**
 * From float32 logits [R, V]. ONNX Runtime sums a row's exponentials one after the other, which over 50,000 of them costs
 * 1e-5 of the sum and more where a few are far above the rest. So they are summed by blocks, in the one pass that
 * `Softmax` makes of a block: the largest of its results is one by the sum.
 */
export function tokenScores(g: Graph, logits: Value, rows: Value, tokens: Value): TokenScores<Value> {
  const vocabulary = width(logits);
  const blocks = inBlocks(g, padded(g, logits, vocabulary, blockWidth, unseen), blockWidth);
  const largestOf = (x: Value) => g.node('ReduceMax', [x, g.int64([2])], { keepdims: 0 });
  const peaks = largestOf(blocks);
  const largest = g.node('ReduceMax', [peaks, g.int64([1])]);
  const scales = g.node('Exp', [g.node('Sub', [peaks, largest])]);
  const sums = g.node('Div', [scales, largestOf(g.node('Softmax', [blocks], { axis: 2 }))]);
  const ofTarget = (x: Value) => g.node('Squeeze', [g.node('Gather', [x, rows], { axis: 0 }), g.int64([1])]);
  const [centred, lost] = difference(g, g.node('GatherND', [logits, pairsOf(g, rows, tokens)]), ofTarget(largest));
  // What rounding took from the difference is a factor of the sum.
  const sum = g.node('Div', [ofTarget(rowSums(g, sums, Math.ceil(vocabulary / blockWidth))), g.node('Exp', [lost])]);
  return { centred: { ...centred, shape: ['targets'] }, sum: { ...sum, shape: ['targets'] } };
}

/** `a` - `b`, rounded, and what the rounding took (Knuth, The Art of Computer Programming, volume 2, 4.2.2, theorem B). */
function difference(g: Graph, a: Value, b: Value): [rounded: Value, rest: Value] {
  const sub = (x: Value, y: Value) => g.node('Sub', [x, y]);
  const rounded = sub(a, b);
  const gone = sub(rounded, a);
  return [rounded, sub(sub(a, sub(rounded, gone)), g.node('Add', [b, gone]))];
}

/** Sums of the rows of `x` [R, size]: [R, 1]. Sums of few numbers, and few sums of those, round little. */
function rowSums(g: Graph, x: Value, size: number, few = 16): Value {
  if (size <= few) return g.node('ReduceSum', [x, g.int64([1])]);
  const sums = g.node('ReduceSum', [inBlocks(g, padded(g, x, size, few, 0), few), g.int64([2])], { keepdims: 0 });
  return rowSums(g, sums, Math.ceil(size / few));
}

/** [R, n·block] as [R, n, block]. */
function inBlocks(g: Graph, x: Value, block: number): Value {
  return g.node('Reshape', [x, g.int64([0, -1, block])]);
}

/** `x` [R, size] with `filler` behind its rows, up to a multiple of `block`. */
function padded(g: Graph, x: Value, size: number, block: number, filler: number): Value {
  const missing = Math.ceil(size / block) * block - size;
  return missing === 0 ? x : g.node('Pad', [x, g.int64([0, 0, 0, missing]), g.float32(Float32Array.of(filler), [])]);
}

/** Indices [K] into rows and columns: [K, 2] int64, put together in a type that every device does so with. */
function pairsOf(g: Graph, rows: Value, tokens: Value): Value {
  const columns = [rows, tokens].map((x) => g.node('Unsqueeze', [x, g.int64([1])]));
  return g.node('Cast', [g.node('Concat', columns, { axis: 1 })], { to: elementTypes.int64 });
}
