/** What one head's attention does, in numbers. */
import { Matrix, SVD } from 'ml-matrix';

/** Numbers of one attention head over n tokens. The first four are of its causal weights, the others of its scores. */
export interface AttentionNumbers {
  /** Of the weights of a query, in nats, mean over the n queries. */
  entropy: number;
  /** Weight on the first token, mean over the queries. */
  firstToken: number;
  /** Weight on keys at most one token away, |i - j| ≤ 1: the token itself and the one before it; mean over the queries. */
  diagonalBand: number;
  /** Numerical rank of log A; see `logWeightSpectrum`. */
  rank: number;
  /** The same without a threshold: exp of the entropy of the singular values over their sum (Roy and Vetterli, 2007). */
  effectiveRank: number;
}

/** Tokens whose log-weights the ranks are of, at most: the time of the decomposition is cubic in them. */
export const rankTokens = 256;

/**
 * Causal attention weights A [n, n] from scores q·kᵀ/√dh [n, n]: softmax of each row over j ≤ i, 0 above the diagonal.
 * @param window How many tokens back one sees, itself among them: all if left out.
 */
export function causalWeights(scores: ArrayLike<number>, n: number, window = n): Float32Array {
  const weights = new Float32Array(n * n);
  for (let i = 0; i < n; i++) {
    const first = Math.max(0, i - window + 1);
    const row = Float64Array.from({ length: i - first + 1 }, (_, j) => scores[i * n + first + j]);
    const largest = row.reduce((a, b) => Math.max(a, b));
    const powers = row.map((score) => Math.exp(score - largest));
    const sum = powers.reduce((a, b) => a + b);
    powers.forEach((power, j) => {
      weights[i * n + first + j] = power / sum;
    });
  }
  return weights;
}

/**
 * Numbers of a head.
 * @param weights What `causalWeights` gives of `scores`.
 * @param epsilon Unit roundoff of the type that the scores were computed in, such as 2^-23 for float32.
 */
export function attentionNumbers(
  scores: ArrayLike<number>,
  weights: ArrayLike<number>,
  n: number,
  epsilon: number,
): AttentionNumbers {
  const at = (i: number, j: number) => weights[i * n + j];
  const mean = (ofRow: (i: number) => number) => sum(Array.from({ length: n }, (_, i) => ofRow(i))) / n;
  return {
    entropy: mean((i) => entropy(Array.from({ length: i + 1 }, (_, j) => at(i, j)))),
    firstToken: mean((i) => at(i, 0)),
    diagonalBand: mean((i) => at(i, i) + (i > 0 ? at(i, i - 1) : 0)),
    ...ranks(logWeightSpectrum(scores, n), Math.min(n, rankTokens) * epsilon),
  };
}

/** Mean of each number; of no heads, NaN. */
export function meanNumbers(heads: readonly AttentionNumbers[]): AttentionNumbers {
  const mean = (name: keyof AttentionNumbers) => sum(heads.map((numbers) => numbers[name])) / heads.length;
  return {
    entropy: mean('entropy'),
    firstToken: mean('firstToken'),
    diagonalBand: mean('diagonalBand'),
    rank: mean('rank'),
    effectiveRank: mean('effectiveRank'),
  };
}

/**
 * Singular values of log A, largest first, with the two things removed that are not of rank d_k. A row of log A is its
 * row of scores q·kᵀ/√dh less one number, the logarithm of the softmax's denominator: every row is centred, which
 * takes away any such number and nothing that depends on the key. The causal mask is left out, since -∞ has no rank:
 * these are the scores of all pairs of tokens, of which the weights show those below the diagonal. So the rank is at
 * most d_k = dh for every q and k [n, dh] (arXiv:2512.03377, Theorem 3.1), and at most n - 1.
 */
export function logWeightSpectrum(scores: ArrayLike<number>, n: number): number[] {
  const size = Math.min(n, rankTokens);
  const centred = Array.from({ length: size }, (_, i) => {
    const row = Array.from({ length: size }, (_, j) => scores[i * n + j]);
    const mean = sum(row) / size;
    return row.map((score) => score - mean);
  });
  const options = { computeLeftSingularVectors: false, computeRightSingularVectors: false };
  return new SVD(new Matrix(centred), options).diagonal;
}

/** @param tolerance Singular values up to this part of the largest one count as 0, as in `numpy.linalg.matrix_rank`. */
function ranks(spectrum: readonly number[], tolerance: number): Pick<AttentionNumbers, 'rank' | 'effectiveRank'> {
  const kept = spectrum.filter((value) => value > tolerance * spectrum[0]);
  const total = sum(kept);
  return { rank: kept.length, effectiveRank: kept.length ? Math.exp(entropy(kept.map((value) => value / total))) : 0 };
}

/** In nats. */
function entropy(probabilities: readonly number[]): number {
  return -sum(probabilities.map((p) => (p > 0 ? p * Math.log(p) : 0)));
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
