/** A model run on sizes alone: what it asks for and what it costs, without its weights. */
import type { JsonObject } from '../json.ts';
import { buildModel } from './index.ts';
import type { Ops } from './ops.ts';

/** Where the operations of a decoder are. */
export const parts = ['projections', 'attention', 'mlp', 'head'] as const;
export type Part = (typeof parts)[number];

/** The size of a batch. */
export interface Work {
  /** Tokens fed. */
  tokens: number;
  /** Tokens that each of them is compared with in an attention. */
  visible: number;
  /** Those of the tokens fed that predict a target: after the last attention the others are left out. */
  predicting: number;
}

export interface Trace {
  /** Shapes of all parameters by their names in the checkpoint. */
  parameters: Map<string, readonly number[]>;
  /** Those of them that are stored as [inputs, outputs]. */
  transposed: Set<string>;
  /** Floating-point operations of the matrix products; a multiplication and an addition are two. */
  flops: Record<Part, number>;
  /** Attentions of all layers, inner and outer. */
  attentionCalls: number;
  /** Numbers that decoding keeps of each token: the keys and values of all attentions, those that are one counted once. */
  cacheWidth: number;
  /** Numbers that go into and out of the largest operation. */
  largestOperation: number;
}

/** A matrix of which only the size is known; a vector is one row. */
interface Sized {
  rows: number;
  width: number;
  /** Name of a parameter. */
  name?: string;
}

/** Traces the model that config.json describes; throws a `checkpoint` error where it cannot be run. */
export function traceModel(config: JsonObject, work: Work): Trace {
  const trace: Trace = {
    parameters: new Map(),
    transposed: new Set(),
    flops: { projections: 0, attention: 0, mlp: 0, head: 0 },
    attentionCalls: 0,
    cacheWidth: 0,
    largestOperation: 0,
  };
  const vector = (rows: number): Sized => ({ rows, width: 1 });
  const model = buildModel(sizeOps(trace), config);
  model.score({
    ids: vector(work.tokens),
    positions: vector(work.tokens),
    mask: { rows: work.visible, width: 1 },
    past: (_, x) => x,
    headRows: vector(work.predicting),
    targetRows: vector(work.predicting),
    targets: vector(work.predicting),
  });
  return trace;
}

function sizeOps(trace: Trace): Ops<Sized> {
  const like = ({ rows, width }: Sized): Sized => ({ rows, width });
  const size = ({ rows, width }: Sized) => rows * width;
  /** Notes how large an operation is, and returns its output. */
  const operation = (output: Sized, ...others: (Sized | number)[]): Sized => {
    const sizes = [output, ...others].map((other) => (typeof other === 'number' ? other : size(other)));
    trace.largestOperation = Math.max(
      trace.largestOperation,
      sizes.reduce((a, b) => a + b),
    );
    return output;
  };
  const cached = new Set<Sized>();
  const remember = (x: Sized) => {
    if (!cached.has(x)) trace.cacheWidth += x.width;
    cached.add(x);
  };

  return {
    parameter(name, shape, { rows, transposed } = {}) {
      trace.parameters.set(name, shape);
      if (transposed) trace.transposed.add(name);
      const [first, second = 1] = transposed ? shape.toReversed() : shape;
      return { rows: rows?.length ?? first, width: second, name };
    },
    constant: (_, [rows, width]) => ({ rows, width }),
    embedding: ({ width }, ids) => operation({ rows: ids.rows, width }),
    gather: ({ width }, indices) => operation({ rows: indices.rows, width }),
    linear(x, weight) {
      trace.flops[partOf(weight.name!)] += 2 * x.rows * weight.width * weight.rows;
      return operation({ rows: x.rows, width: weight.rows }, x);
    },
    concat: (vectors) => ({ rows: vectors.reduce((sum, { rows }) => sum + rows, 0), width: 1 }),
    layerNorm: (x) => operation(like(x), x),
    rmsNorm: (x) => operation(like(x), x),
    rotary: (x) => operation(like(x), x),
    attention(q, k, v, _, { rows: visible }, { heads }) {
      trace.attentionCalls++;
      trace.flops.attention += 2 * 2 * q.rows * visible * q.width;
      remember(k);
      remember(v);
      return operation(like(q), q, k, v, q.rows * visible * heads);
    },
    cachedAttention: (q) => like(q),
    window: ({ rows, width }, size) => ({ rows: Math.min(rows, size), width }),
    attentionScores: (q, k, { heads }) => operation({ rows: heads, width: q.rows ** 2 }, q, k),
    activation: (x) => operation(like(x), x),
    scale: (x) => operation(like(x), x),
    add: (a, b) => operation(like(a), a, b),
    mul: (a, b) => operation(like(a), a, b),
    tokenScores: (logits, rows) => ({ centred: operation(like(rows), logits), sum: like(rows) }),
  };
}

/** By the names that checkpoints have. */
function partOf(weight: string): Part {
  if (!isOfLayer(weight)) return 'head';
  return /\.(mlp|fc[12])\./.test(weight) ? 'mlp' : 'projections';
}

/** Whether a parameter belongs to a layer, and not to the embedding or the head. */
export function isOfLayer(name: string): boolean {
  return /\.(layers|h)\.\d+\./.test(name);
}

const oneToken = { tokens: 1, visible: 1, predicting: 1 };

/** Shapes of all parameters of the model that config.json describes, by their names. */
export function parameterShapes(config: JsonObject): Map<string, readonly number[]> {
  return traceModel(config, oneToken).parameters;
}

/** Names of its weights that are stored as [inputs, outputs]. */
export function transposedParameters(config: JsonObject): ReadonlySet<string> {
  return traceModel(config, oneToken).transposed;
}
