/** Operations as nodes of an ONNX graph: calling a model with these traces it. */
import type { TensorInfo } from '../../checkpoint/types.ts';
import type { Heads, Ops, Past, StepBatch, TreeBatch } from '../../model/ops.ts';
import { type CacheEntry, columnStep, findParameter } from '../backend.ts';
import { pastShape } from '../cache.ts';
import { activations } from './activations.ts';
import { type Graph, type Value, weightType } from './graph.ts';
import { type ElementType, elementTypes } from './proto.ts';
import { blockWidth, tokenScores } from './token_scores.ts';

/** Shape of what has one number a token. */
const grid = ['rows', 'columns'] as const;

/** Types that a graph computes in. */
export type OnnxDtype = Extract<ElementType, 'float32' | 'float16' | 'bfloat16'>;

export interface OnnxOptions {
  /** The checkpoint's parameters; half-precision ones stay as they are stored where `dtype` is the same. */
  tensors: ReadonlyMap<string, TensorInfo>;
  dtype: OnnxDtype;
  /** Whether attention takes its queries in blocks: less work, in more nodes. */
  inBlocks?: boolean;
}

export interface OnnxOps extends Ops<Value> {
  /** Declares the graph's inputs, one for each array of a `Batch`, and returns the model's view of them. */
  batch(): TreeBatch<Value>;
  /** The same of a `Step`; the graph puts out what is remembered. `entries` grows as the model asks for it. */
  step(entries: CacheEntry[]): StepBatch<Value>;
  /** A value in float32, as outputs are. */
  toFloat32(x: Value): Value;
}

/** Names of the graph's input and output for one of a decoder's entries. */
export const pastName = (i: number) => `past.${i}`;
export const freshName = (i: number) => `fresh.${i}`;

export function onnxOps(g: Graph, { tensors, dtype, inBlocks }: OnnxOptions): OnnxOps {
  const cast = (x: Value, type: ElementType) => g.node('Cast', [x], { to: elementTypes[type] });
  const toFloat32 = (x: Value) => (dtype === 'float32' ? x : cast(x, 'float32'));
  const fromFloat32 = (x: Value) => (dtype === 'float32' ? x : cast(x, dtype));
  const number = (value: number) => fromFloat32(g.float32(Float32Array.of(value), []));

  /** [B, S] of the batch, once `batch` has declared it. */
  let batchShape: Value;
  /** The blocks that attention takes queries in, by their mask. */
  const blocks = new Map<Value, QueryBlock[]>();
  /** Parameters whose rows, and products with them whose columns, are some number of whole blocks of `blockWidth`. */
  const evenly = new Set<Value>();
  /** Flat rows [N, width] as [B, S, width] and back. */
  const unflatten = (x: Value) => g.node('Reshape', [x, g.node('Concat', [batchShape, g.int64([-1])], { axis: 0 })]);
  const flatten = (x: Value) => flattenTo(g, x);

  function parameter(name: string, shape: readonly number[], rows?: readonly number[]): Value {
    const info = findParameter(tensors, name, shape);
    const whole = g.weight(info);
    const chosen = rows ? g.node('Gather', [whole, g.int64(rows)], { axis: 0 }) : whole;
    const value = weightType(info) === dtype ? chosen : cast(chosen, dtype);
    if ((rows?.length ?? shape[0]) % blockWidth === 0) evenly.add(value);
    return value;
  }

  const flat = (x: Value) => g.node('Reshape', [x, g.int64([-1])]);
  /** Declares what batches and steps have in common. */
  function tokens() {
    const ids = g.input('ids', 'int32', grid);
    const positions = g.input('positions', 'int32', grid);
    batchShape = g.node('Shape', [ids]);
    return { ids: flat(ids), positions: flat(positions) };
  }

  return {
    batch() {
      const { ids, positions } = tokens();
      const mask = treeMask(g, g.input('ends', 'int32', grid));
      blocks.set(mask, inBlocks ? queryBlocks(g, batchShape, mask) : [{ mask }]);
      return {
        ids,
        positions,
        mask,
        headRows: g.input('headRows', 'int32', ['heads']),
        targetRows: g.input('targetRows', 'int32', ['targets']),
        targets: g.input('targets', 'int32', ['targets']),
      };
    },
    step(entries) {
      const inputs = tokens();
      const mask = g.input('mask', 'float32', ['rows', 1, 'columns', 'places']);
      const lastRows = g.input('lastRows', 'int32', ['rows']);
      return {
        ...inputs,
        mask: fromFloat32(mask),
        lastRows,
        past(role, x, heads, headSize) {
          const entry = { role, heads, headSize };
          const i = entries.push(entry) - 1;
          g.output(freshName(i), { ...toFloat32(x), shape: ['tokens', heads * headSize] });
          return fromFloat32(g.input(pastName(i), 'float32', pastShape(entry, 'rows', 'capacity')));
        },
      };
    },
    toFloat32,
    parameter,
    constant: (values, shape) => g.float32(values, shape),
    embedding: (table, ids) => g.node('Gather', [table, ids], { axis: 0 }),
    gather: (x, indices) => g.node('Gather', [x, indices], { axis: 0 }),
    linear(x, weight, bias) {
      const product = g.node('Gemm', bias ? [x, weight, bias] : [x, weight], { transB: 1 });
      if (evenly.has(weight)) evenly.add(product);
      return product;
    },
    layerNorm: (x, weight, bias, epsilon) =>
      g.node('LayerNormalization', [x, weight, bias], { axis: -1, epsilon: { float: epsilon } }),
    rmsNorm: (x, weight, epsilon) => g.node('RMSNormalization', [x, weight], { axis: -1, epsilon: { float: epsilon } }),
    rotary(x, cos, sin, heads, size) {
      const inputs = [x, fromFloat32(cos), fromFloat32(sin)].map(unflatten);
      return flatten(g.node('RotaryEmbedding', inputs, { num_heads: heads, rotary_embedding_dim: size }));
    },
    attention(q, k, v, mask, heads, keyHeads) {
      const [queries, keys, values] = [q, k, v].map(unflatten);
      const outputs = blocks.get(mask)!.map(({ from, to, mask }) => {
        const inputs = [part(g, queries, from, to), part(g, keys, undefined, to), part(g, values, undefined, to), mask];
        return g.node('Attention', inputs, { q_num_heads: heads, kv_num_heads: keyHeads });
      });
      return flatten(outputs.length > 1 ? g.node('Concat', outputs, { axis: 1 }) : outputs[0]);
    },
    cachedAttention(q, k, v, past, mask, heads) {
      return cachedAttention(
        g,
        [g.node('Mul', [q, number(1 / Math.sqrt(heads.headSize))]), k, v],
        past,
        mask,
        heads,
        batchShape,
      );
    },
    attentionScores: (q, k, heads, keyHeads) => attentionScores(g, toFloat32(q), toFloat32(k), heads, keyHeads),
    activation: (x, name) => activations[name](g, x, number),
    add: (a, b) => g.node('Add', [a, b]),
    mul: (a, b) => g.node('Mul', [a, b]),
    tokenScores: (logits, rows, tokens) => tokenScores(g, toFloat32(logits), !evenly.has(logits), rows, tokens),
  };
}

/** [B, S, width] as [B·S, width]. */
function flattenTo(g: Graph, x: Value): Value {
  const width = g.node('Shape', [x], { start: 2 });
  return g.node('Reshape', [x, g.node('Concat', [g.int64([-1]), width], { axis: 0 })]);
}

/** [B, 1, S, S] booleans from `ends` [B, S]: token i sees token j where `j <= i && i < end[j]`. */
function treeMask(g: Graph, ends: Value): Value {
  const size = g.node('Squeeze', [g.node('Shape', [ends], { start: 1 }), g.int64([0])]);
  const j = g.node('Range', [g.int64(0), size, g.int64(1)]);
  const i = g.node('Unsqueeze', [j, g.int64([1])]);
  const endOfJ = g.node('Unsqueeze', [g.node('Cast', [ends], { to: elementTypes.int64 }), g.int64([1])]);
  const sees = g.node('And', [g.node('LessOrEqual', [j, i]), g.node('Less', [i, endOfJ])]);
  return g.node('Unsqueeze', [sees, g.int64([1])]);
}

/** Queries `from` to `to`, which see no key from `to` on; the first and the last one where these are left out. */
interface QueryBlock {
  from?: Value;
  to?: Value;
  /** [B, 1, queries, keys] */
  mask: Value;
}

/**
 * A token sees nothing that comes after it, so that the queries of each of n blocks need the keys of the blocks up to it
 * alone: (n + 1) / 2n of the work.
 */
function queryBlocks(g: Graph, batchShape: Value, mask: Value): QueryBlock[] {
  const columns = g.node('Slice', [batchShape, g.int64([1]), g.int64([2])]);
  const step = g.node('Div', [columns, g.int64([columnStep])]);
  const cut = (n: number) => (n % columnStep === 0 ? undefined : g.node('Mul', [step, g.int64([n])]));
  const cuts = Array.from({ length: columnStep + 1 }, (_, n) => cut(n));
  return cuts.slice(1).map((to, n) => {
    const rows = part(g, mask, cuts[n], to, 2);
    return { from: cuts[n], to, mask: part(g, rows, undefined, to, 3) };
  });
}

/** Elements `from` to `to` of an axis; all of them where both are left out. */
function part(g: Graph, x: Value, from?: Value, to?: Value, axis = 1): Value {
  if (!from && !to) return x;
  return g.node('Slice', [x, from ?? g.int64([0]), to ?? g.int64([Number.MAX_SAFE_INTEGER]), g.int64([axis])]);
}

/**
 * Spelled out, because fused operators put old and new keys side by side first, which moves the whole cache at each step.
 * The heads that read the same keys are rows of one product.
 * @param q Scaled by 1/√dh.
 * @param mask [B, 1, S, capacity + S]
 */
function cachedAttention(
  g: Graph,
  [q, k, v]: Value[],
  { keys, values }: Past<Value>,
  mask: Value,
  { heads, keyHeads, headSize }: Heads,
  batchShape: Value,
): Value {
  const shared = heads / keyHeads;
  const reshape = (x: Value, ...shape: number[]) => g.node('Reshape', [x, g.int64(shape)]);
  /** [N, width] as [B, S, …] with its axes in another order. */
  const split = (x: Value, sizes: number[], perm: number[]) => {
    const shape = g.node('Concat', [batchShape, g.int64(sizes)], { axis: 0 });
    return g.node('Transpose', [g.node('Reshape', [x, shape])], { perm });
  };
  const perHead = split(q, [keyHeads, shared, headSize], [0, 2, 3, 1, 4]);
  const query = reshape(perHead, 0, 0, -1, headSize);
  const ownKeys = split(k, [keyHeads, headSize], [0, 2, 3, 1]);
  const ownValues = split(v, [keyHeads, headSize], [0, 2, 1, 3]);
  const scores = g.node('Concat', [g.node('MatMul', [query, keys]), g.node('MatMul', [query, ownKeys])], { axis: 3 });
  const masked = g.node('Add', [scores, g.node('Tile', [mask, g.int64([1, 1, shared, 1])])]);
  const weights = g.node('Softmax', [masked], { axis: 3 });
  const capacity = g.node('Shape', [values], { start: 2, end: 3 });
  const onPast = g.node('Slice', [weights, g.int64([0]), capacity, g.int64([3])]);
  const onOwn = g.node('Slice', [weights, capacity, g.int64([Number.MAX_SAFE_INTEGER]), g.int64([3])]);
  const output = g.node('Add', [g.node('MatMul', [onPast, values]), g.node('MatMul', [onOwn, ownValues])]);
  const perToken = g.node('Transpose', [reshape(output, 0, 0, shared, -1, headSize)], { perm: [0, 3, 1, 2, 4] });
  return reshape(perToken, -1, heads * headSize);
}

/** From float32 q [N, heads·dh] and k [N, keyHeads·dh]; the heads that read the same keys are an axis of their own. */
function attentionScores(g: Graph, q: Value, k: Value, heads: number, keyHeads: number): Value {
  const split = (x: Value, shared: number, perm: number[]) =>
    g.node('Transpose', [g.node('Reshape', [x, g.int64([0, keyHeads, shared, -1])])], { perm });
  const queries = split(q, heads / keyHeads, [1, 2, 0, 3]);
  const keys = split(k, 1, [1, 2, 3, 0]);
  const headSize = g.node('Cast', [g.node('Shape', [queries], { start: 3 })], { to: elementTypes.float32 });
  const scores = g.node('Div', [g.node('MatMul', [queries, keys]), g.node('Sqrt', [headSize])]);
  const tokens = g.node('Shape', [q], { start: 0, end: 1 });
  const shape = g.node('Concat', [g.int64([heads]), tokens, tokens], { axis: 0 });
  return { ...g.node('Reshape', [scores, shape]), shape: [heads, 'tokens', 'tokens'] };
}
