/** Operations as nodes of an ONNX graph: calling a model with these traces it. */
import type { TensorInfo } from '../../checkpoint/types.ts';
import {
  type Heads,
  type Ops,
  type ParameterOptions,
  type Remembering,
  type StepBatch,
  scaleOf,
  type TreeBatch,
} from '../../model/ops.ts';
import { type CacheEntry, findParameter } from '../backend.ts';
import { pastShape } from '../cache.ts';
import { activations } from './activations.ts';
import {
  type AttentionForm,
  addedToScores,
  attentionScores,
  flattenLike,
  fusedAttention,
  plainAttention,
  type QueryBlock,
  queryBlocks,
  stepMask,
  stepWindow,
  type Trunk,
  treeMask,
  treeWindow,
  trunkPast,
  unflatten,
} from './attention.ts';
import { type Graph, type Value, weightType, width } from './graph.ts';
import { type ElementType, elementTypes } from './proto.ts';
import { tokenScores } from './token_scores.ts';

/** Shape of what has one number a token. */
const grid = ['rows', 'columns'] as const;

/** Types that a graph computes in. */
export type OnnxDtype = Extract<ElementType, 'float32' | 'float16' | 'bfloat16'>;

export interface OnnxOptions {
  /** The checkpoint's parameters; half-precision ones stay as they are stored where `dtype` is the same. */
  tensors: ReadonlyMap<string, TensorInfo>;
  dtype: OnnxDtype;
  /** `fused` where it is left out. */
  attention?: AttentionForm;
  /** Whether a step's mask is made on the device, of how many tokens each row has, instead of going there. */
  masksSteps?: boolean;
}

export interface OnnxOps extends Ops<Value> {
  /**
   * Declares the graph's inputs, one for each array of a `Batch`, and returns the model's view of them; the graph puts out
   * what is remembered. `entries` grows as the model asks for it.
   */
  batch(entries: CacheEntry[]): TreeBatch<Value>;
  /** The same of a `Step`. */
  step(entries: CacheEntry[]): StepBatch<Value>;
  /** A value in float32, as outputs are. */
  toFloat32(x: Value): Value;
}

/** Names of the graph's input and output for one of the entries. */
export const pastName = (i: number, which = 'past') => `${which}.${i}`;
export const freshName = (i: number) => `fresh.${i}`;

export function onnxOps(g: Graph, { tensors, dtype, attention: form = 'fused', masksSteps }: OnnxOptions): OnnxOps {
  const cast = (x: Value, type: ElementType) => g.node('Cast', [x], { to: elementTypes[type] });
  const toFloat32 = (x: Value) => (dtype === 'float32' ? x : cast(x, 'float32'));
  const fromFloat32 = (x: Value) => (dtype === 'float32' ? x : cast(x, dtype));
  const number = (value: number) => fromFloat32(g.float32(Float32Array.of(value), []));

  /** [B, S] of the batch, once `batch` has declared it. */
  let batchShape: Value;
  let trunk: Trunk;
  /** The blocks that attention takes queries in, by their mask. */
  const blocks = new Map<Value, QueryBlock[]>();
  /** Rows of `x`, or as many rows of another width, as a value that knows it. */
  const like = (x: Value, computed: Value, columns = width(x)): Value => ({ ...computed, shape: ['tokens', columns] });
  const scaled = (q: Value, heads: Heads) => like(q, g.node('Mul', [q, number(scaleOf(heads))]));
  /** What trees' masks were made of, and steps' ones in float32: what windows are made of in their place. */
  const sources = new Map<Value, { sees?: Value; added?: Value }>();
  const treeMaskOf = (sees: Value) => {
    const mask = form === 'plain' ? fromFloat32(addedToScores(g, sees)) : sees;
    if (form !== 'plain') blocks.set(mask, form === 'blocks' ? queryBlocks(g, batchShape, mask, trunk) : [{ mask }]);
    sources.set(mask, { sees });
    return mask;
  };
  const stepMaskOf = (added: Value) => {
    const mask = fromFloat32(added);
    sources.set(mask, { added });
    return mask;
  };

  function parameter(name: string, shape: readonly number[], options: ParameterOptions = {}): Value {
    const { transposed, rows, shift } = options;
    const info = findParameter(tensors, name, shape);
    const stored = g.weight(info);
    const turned = transposed ? g.node('Transpose', [stored], { perm: [1, 0] }) : stored;
    const chosen = rows ? g.node('Gather', [turned, g.int64(rows)], { axis: 0 }) : turned;
    const as = (x: Value, from: ElementType, to: ElementType) => (from === to ? x : cast(x, to));
    const type = weightType(info);
    const wide = () => g.node('Add', [as(chosen, type, 'float32'), g.float32(Float32Array.of(shift!), [])]);
    const value = shift ? as(wide(), 'float32', dtype) : as(chosen, type, dtype);
    const [first, ...others] = transposed ? shape.toReversed() : shape;
    return { ...value, shape: [rows?.length ?? first, ...others] };
  }

  const flat = (x: Value) => g.node('Reshape', [x, g.int64([-1])]);
  /** Declares what batches and steps have in common. */
  function tokens() {
    const ids = g.input('ids', 'int32', grid);
    const positions = g.input('positions', 'int32', grid);
    batchShape = g.node('Shape', [ids]);
    return { ids: flat(ids), positions: flat(positions) };
  }
  /**
   * What remembers, and gives what is remembered in the shape that entries have.
   * @param part What is to be remembered of the tokens.
   */
  const memory =
    (
      entries: CacheEntry[],
      shapeOf: (entry: CacheEntry) => (number | string)[],
      part = (x: Value) => x,
    ): Remembering<Value>['past'] =>
    (role, x, heads, headSize) => {
      const entry = { role, heads, headSize };
      const i = entries.push(entry) - 1;
      g.output(freshName(i), { ...toFloat32(part(x)), shape: ['remembered', heads * headSize] });
      return fromFloat32(g.input(pastName(i), 'float32', shapeOf(entry)));
    };

  return {
    batch(entries) {
      const { ids, positions } = tokens();
      const trunkEnds = g.input('trunk', 'int32', ['places']);
      const rows = g.node('Slice', [batchShape, g.int64([0]), g.int64([1])]);
      trunk = { ends: trunkEnds, length: g.node('Shape', [trunkEnds]), rows };
      const mask = treeMaskOf(treeMask(g, g.input('ends', 'int32', grid), trunk));
      const count = g.input('remembered', 'int64', [1]);
      // Outputs stay until the graph has run: of all tokens of a large batch that would be most of its memory.
      const first = (x: Value) => g.node('Slice', [x, g.int64([0]), count, g.int64([0])]);
      return {
        past: memory(entries, ({ heads, headSize }) => ['places', heads * headSize], first),
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
      const mask = masksSteps
        ? stepMask(g, g.input('lengths', 'int32', ['rows']), g.input('capacity', 'int32', []), batchShape)
        : g.input('mask', 'float32', ['rows', 1, 'columns', 'places']);
      const lastRows = g.input('lastRows', 'int32', ['rows']);
      return {
        ...inputs,
        mask: stepMaskOf(mask),
        lastRows,
        past: memory(entries, (entry) => pastShape(entry, 'rows', 'capacity')),
      };
    },
    toFloat32,
    parameter,
    constant: (values, shape) => g.float32(values(), shape),
    embedding: (table, ids) => like(table, g.node('Gather', [table, ids], { axis: 0 })),
    gather: (x, indices) => like(x, g.node('Gather', [x, indices], { axis: 0 })),
    linear(x, weight, bias) {
      const product = g.node('Gemm', bias ? [x, weight, bias] : [x, weight], { transB: 1 });
      return like(x, product, Number(weight.shape![0]));
    },
    concat(vectors) {
      const size = vectors.reduce((sum, { shape }) => sum + Number(shape![0]), 0);
      return { ...g.node('Concat', [...vectors], { axis: 0 }), shape: [size] };
    },
    layerNorm(x, weight, bias, epsilon, heads = 1) {
      const attributes = { axis: -1, epsilon: { float: epsilon } };
      if (weight && heads === 1) return like(x, g.node('LayerNormalization', [x, weight, bias], attributes));
      const size = width(x) / heads;
      const parts = g.node('Reshape', [x, g.int64([-1, heads, size])]);
      const ones = fromFloat32(g.float32(new Float32Array(size).fill(1), [size]));
      const normed = flattenLike(g, x, g.node('LayerNormalization', [parts, ones], attributes));
      const weighted = weight ? like(x, g.node('Mul', [normed, weight])) : normed;
      return bias ? like(x, g.node('Add', [weighted, bias])) : weighted;
    },
    rmsNorm(x, weight, epsilon, heads = 1) {
      const parts = heads === 1 ? x : g.node('Reshape', [x, g.int64([-1, heads, width(x) / heads])]);
      const normed = g.node('RMSNormalization', [parts, weight], { axis: -1, epsilon: { float: epsilon } });
      return heads === 1 ? like(x, normed) : flattenLike(g, x, normed);
    },
    rotary(x, cos, sin, heads, size) {
      const tables = [cos, sin].map((table) => ({ ...fromFloat32(table), shape: table.shape }));
      const inputs = [x, ...tables].map((input) => unflatten(g, input, batchShape));
      const attributes = { num_heads: heads, rotary_embedding_dim: size };
      return flattenLike(g, x, g.node('RotaryEmbedding', inputs, attributes));
    },
    attention(q, k, v, past, mask, heads) {
      const known = blocks.get(mask);
      if (known) return fusedAttention(g, [q, k, v], { ...past, ...trunk }, known, heads, batchShape);
      return plainAttention(g, [scaled(q, heads), k, v], trunkPast(g, past, heads), mask, heads, batchShape, number);
    },
    cachedAttention: (q, k, v, past, mask, heads) =>
      plainAttention(g, [scaled(q, heads), k, v], past, mask, heads, batchShape, number),
    window(mask, size) {
      const { sees, added } = sources.get(mask)!;
      return sees ? treeMaskOf(treeWindow(g, sees, size)) : stepMaskOf(stepWindow(g, added!, size));
    },
    attentionScores: (q, k, heads) => attentionScores(g, like(q, toFloat32(q)), toFloat32(k), heads),
    activation: (x, name) => like(x, activations[name](g, x, number)),
    scale: (x, factor) => like(x, g.node('Mul', [x, number(factor)])),
    add: (a, b) => like(a, g.node('Add', [a, b])),
    mul: (a, b) => like(a, g.node('Mul', [a, b])),
    tokenScores: (logits, rows, tokens) => tokenScores(g, like(logits, toFloat32(logits)), rows, tokens),
  };
}
