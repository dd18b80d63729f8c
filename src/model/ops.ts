import type { Activation } from './activations.ts';
import type { AttentionCall } from './hon.ts';

/**
 * The seam between models and runtimes: the tensor operations that a decoder needs.
 *
 * `T` is whatever a backend computes with: a node of a graph under construction, an array, a GPU tensor. A model calls
 * these and nothing else. Activations are matrices [N, width] whose N rows are the B·S tokens of a batch, one after
 * the other; only `attention` looks at the batch's shape, which the mask carries.
 */
export interface Ops<T> {
  /**
   * A parameter of the checkpoint, by its name there.
   * @param shape What the architecture expects; anything else in the checkpoint is a `checkpoint` error.
   */
  parameter(name: string, shape: readonly number[], options?: ParameterOptions): T;

  /**
   * A matrix [rows, columns] that the model computes itself, in row-major order. Kept in float32 whatever the dtype.
   * @param values Not asked for by what needs the shape alone.
   */
  constant(values: () => Float32Array, shape: readonly [number, number]): T;

  /** Rows of `table` [V, d] at `ids` [N]: [N, d]. */
  embedding(table: T, ids: T): T;

  /** Rows of `x` [N, d] at `indices` [R]: [R, d]. */
  gather(x: T, indices: T): T;

  /** `x` [N, in] · `weight` [out, in]ᵀ + `bias` [out]: [N, out]. */
  linear(x: T, weight: T, bias?: T): T;

  /** Vectors end to end. */
  concat(vectors: readonly T[]): T;

  /**
   * Over the last axis of `x` [N, d], with `weight` and `bias` [d] where there are any: no bias without a weight.
   * @param heads Over each of so many equal parts of it instead.
   */
  layerNorm(x: T, weight: T | undefined, bias: T | undefined, epsilon: number, heads?: number): T;

  /**
   * Over the last axis of `x` [N, d], with `weight` [d] and no mean subtracted.
   * @param heads Over each of so many equal parts of it instead, with `weight` [d/heads].
   */
  rmsNorm(x: T, weight: T, epsilon: number, heads?: number): T;

  /**
   * Rotary position embedding of the first `size` elements of each head of `x` [N, heads·dh], split-half layout:
   * element i is turned with element i + size/2 for i < size/2.
   * @param cos, sin [N, size/2], float32.
   */
  rotary(x: T, cos: T, sin: T, heads: number, size: number): T;

  /**
   * softmax(q·kᵀ/√dh)·v for each head, before any output projection: [N, heads·dh]. `Heads` may ask for another scale
   * than 1/√dh, and for a cap of the scores.
   * @param q [N, heads·dh]
   * @param k, v [N, keyHeads·dh]; query head h reads key head ⌊h·keyHeads/heads⌋.
   * @param mask `TreeBatch.mask`, or what `window` made of it.
   * @param trunk What `TreeBatch.past` gave for `k` and for `v`.
   */
  attention(q: T, k: T, v: T, trunk: Past<T>, mask: T, heads: Heads): T;

  /**
   * As `attention`, where each row's tokens follow earlier ones: [N, heads·dh].
   * @param q, k, v Of the new tokens.
   * @param past What `StepBatch.past` gave for `k` and for `v`.
   * @param mask `StepBatch.mask`, or what `window` made of it.
   */
  cachedAttention(q: T, k: T, v: T, past: Past<T>, mask: T, heads: Heads): T;

  /** A batch's mask under which each token sees the last `size` alone of those that it sees, itself among them. */
  window(mask: T, size: number): T;

  /**
   * What `attention` takes the softmax of, for each head, between every two of the N tokens, whether or not one sees the
   * other: [heads, N, N], in float32. Of q and k as `attention` takes them.
   */
  attentionScores(q: T, k: T, heads: Heads): T;

  /** A function of each number of `x`. */
  activation(x: T, name: Activation): T;

  /** `factor` times every number of `x`. */
  scale(x: T, factor: number): T;

  /** Of equal shapes. */
  add(a: T, b: T): T;

  /** Of equal shapes. */
  mul(a: T, b: T): T;

  /**
   * What leaves the backend, in float32, for K (row, token) pairs of `logits` [R, vocabularySize].
   * @param rows [K] indices into R.
   * @param tokens [K] token ids.
   */
  tokenScores(logits: T, rows: T, tokens: T): TokenScores<T>;
}

/** What of a parameter is meant, where it is not what the checkpoint has. */
export interface ParameterOptions {
  /** The transpose of a matrix whose shape in the checkpoint is `shape`. */
  transposed?: boolean;
  /** Only these rows of the first axis, in this order: how a fused projection is taken apart. */
  rows?: readonly number[];
  /** Added to every number, in float32. */
  shift?: number;
}

/**
 * The softmax of a token in the two parts that float32 holds well: its log-probability is `centred - ln(sum)`, and it is
 * the most probable token where `centred` is 0. The logarithm and the difference are taken outside, in float64.
 */
export interface TokenScores<T> {
  /** [K] the token's logit minus the largest of its row. */
  centred: T;
  /** [K] sum over the vocabulary of exp(logit - largest). */
  sum: T;
}

/**
 * A batch of token trees as a model sees it: B rows of S tokens, flattened to N = B·S. All of them may follow a trunk of P
 * tokens, which are in no row: they were read before, and each token sees them.
 */
export interface TreeBatch<T> extends Remembering<T> {
  /** [N] token ids. */
  ids: T;
  /** [N] P and the depth of the token in its tree: its position for the rotary embedding. */
  positions: T;
  /** Opaque: which tokens each token sees; goes to `attention` as it is. */
  mask: T;
  /** [R] indices into N of the tokens that predict a target. */
  headRows: T;
  /** [K] indices into R. */
  targetRows: T;
  /** [K] token ids. */
  targets: T;
}

/** How many heads an attention has, of what size, and how it weighs. */
export interface Heads {
  heads: number;
  /** Heads of keys and values. */
  keyHeads: number;
  headSize: number;
  /** What products of queries and keys are multiplied by: 1/√headSize if left out. */
  scale?: number;
  /** Scores s become cap·tanh(s/cap) before the softmax. */
  cap?: number;
}

/** What products of queries and keys are multiplied by. */
export function scaleOf({ scale, headSize }: Heads): number {
  return scale ?? 1 / Math.sqrt(headSize);
}

/** Keys and values of earlier tokens: opaque. */
export interface Past<T> {
  keys: T;
  values: T;
}

/** What of a token is remembered for those that follow it. */
export type PastRole = keyof Past<unknown>;

/** What new tokens follow. */
export interface Remembering<T> {
  /**
   * Has `x` [N, heads·dh] remembered, and gives what is remembered of the earlier tokens in its place: opaque. To be
   * asked once for each `x`.
   */
  past(role: PastRole, x: T, heads: number, headSize: number): T;
}

/** New tokens of B sequences, S of each, flattened to N = B·S; what a sequence has fewer is padding behind its tokens. */
export interface StepBatch<T> extends Remembering<T> {
  /** [N] token ids. */
  ids: T;
  /** [N] position of the token in its sequence. */
  positions: T;
  /** Opaque: which tokens, earlier and new ones, each token sees; goes to `cachedAttention` as it is. */
  mask: T;
  /** [B] indices into N of each sequence's last token. */
  lastRows: T;
}

/** A model built on one backend's operations. */
export interface Model<T> {
  /** The scores of a batch's targets. `observe` is told of every attention on the way. */
  score(batch: TreeBatch<T>, observe?: AttentionObserver<T>): TokenScores<T>;
  /** What follows each sequence: logits [B, vocabularySize]. */
  next(batch: StepBatch<T>): T;
}

/** Gets what `Ops.attention` gets: q and k with rotary embedding. */
export type AttentionObserver<T> = (layer: number, call: AttentionCall, input: AttentionInput<T>) => void;

/** An attention's queries and keys, as `Ops.attention` takes them. */
export interface AttentionInput<T> {
  q: T;
  k: T;
  heads: Heads;
}
