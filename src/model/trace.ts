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
  /** Bytes of a number in the type that is computed in; float32's if left out. */
  numberBytes?: number;
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
  /** Bytes that the activations take at most, where each is freed after the last operation that reads it. */
  activations: number;
}

/** A matrix of which only the size is known; a vector is one row. */
interface Sized {
  rows: number;
  width: number;
  /** Name of a parameter. */
  name?: string;
}

/** An operation, in the order of computation. */
interface Step {
  inputs: Sized[];
  output: Sized;
  /** Bytes that it takes beside them while it computes. */
  scratch: number;
}

const float32Bytes = 4;

/** Traces the model that config.json describes; throws a `checkpoint` error where it cannot be run. */
export function traceModel(config: JsonObject, work: Work): Trace {
  const trace: Trace = {
    parameters: new Map(),
    transposed: new Set(),
    flops: { projections: 0, attention: 0, mlp: 0, head: 0 },
    attentionCalls: 0,
    cacheWidth: 0,
    activations: 0,
  };
  const vector = (rows: number): Sized => ({ rows, width: 1 });
  const mask = { rows: work.visible, width: work.tokens };
  const steps: Step[] = [{ inputs: [], output: mask, scratch: 0 }];
  const model = buildModel(sizeOps(trace, steps, work), config);
  model.score({
    ids: vector(work.tokens),
    positions: vector(work.tokens),
    mask,
    past: (_, x) => x,
    headRows: vector(work.predicting),
    targetRows: vector(work.predicting),
    targets: vector(work.predicting),
  });
  trace.activations = peak(steps, work);
  return trace;
}

/** Bytes that are in use at most while the steps are computed one after the other. */
function peak(steps: readonly Step[], { numberBytes = float32Bytes }: Work): number {
  const bytes = ({ rows, width }: Sized) => rows * width * numberBytes;
  // From the end on, a value is last read where it is met first.
  const waiting = new Set(steps.map(({ output }) => output));
  const freed = steps
    .toReversed()
    .map(({ inputs, output }) => [output, ...inputs].filter((value) => waiting.delete(value)))
    .reverse();
  let [inUse, most] = [0, 0];
  for (const [i, { output, scratch }] of steps.entries()) {
    inUse += bytes(output);
    most = Math.max(most, inUse + scratch);
    for (const value of freed[i]) inUse -= bytes(value);
  }
  return most;
}

function sizeOps(trace: Trace, steps: Step[], { visible: columns, numberBytes = float32Bytes }: Work): Ops<Sized> {
  const like = ({ rows, width }: Sized): Sized => ({ rows, width });
  const operation = (output: Sized, inputs: Sized[], scratch = 0): Sized => {
    steps.push({ inputs, output, scratch });
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
    embedding: ({ width }, ids) => operation({ rows: ids.rows, width }, []),
    gather: (x, indices) => operation({ rows: indices.rows, width: x.width }, [x]),
    linear(x, weight) {
      trace.flops[partOf(weight.name!)] += 2 * x.rows * weight.width * weight.rows;
      return operation({ rows: x.rows, width: weight.rows }, [x]);
    },
    concat: (vectors) => ({ rows: vectors.reduce((sum, { rows }) => sum + rows, 0), width: 1 }),
    layerNorm: (x) => operation(like(x), [x]),
    rmsNorm: (x) => operation(like(x), [x]),
    rotary: (x) => operation(like(x), [x]),
    attention(q, k, v, _, mask, { heads }) {
      trace.attentionCalls++;
      trace.flops.attention += 2 * 2 * q.rows * mask.rows * q.width;
      remember(k);
      remember(v);
      // Scores and their softmax; the matrices of the heads of q, k and v.
      const scratch = 2 * q.rows * columns * heads + q.rows * (q.width + k.width + v.width);
      return operation(like(q), [q, k, v, mask], scratch * numberBytes);
    },
    cachedAttention: (q) => like(q),
    window: ({ rows, width }, size) => ({ rows: Math.min(rows, size), width }),
    attentionScores: (q, k, { heads }) => operation({ rows: heads, width: q.rows ** 2 }, [q, k]),
    activation: (x) => operation(like(x), [x]),
    scale: (x) => operation(like(x), [x]),
    add: (a, b) => operation(like(a), [a, b]),
    mul: (a, b) => operation(like(a), [a, b]),
    tokenScores(logits, rows) {
      // The softmax is taken in float32: of a copy, where the logits are not.
      const copies = numberBytes === float32Bytes ? 1 : 2;
      const scratch = copies * logits.rows * logits.width * float32Bytes;
      return { centred: operation(like(rows), [logits], scratch), sum: like(rows) };
    },
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
