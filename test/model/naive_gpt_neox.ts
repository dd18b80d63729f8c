/**
 * GPT-NeoX with Higher-Order Attention by the paper's equations, in float64 and by naive recursion: one sequence, no
 * trees, no sharing between the branches of the recursion. Written apart from `src/model` to be checked against it.
 */
import type { HonSetting, Role } from '../../src/model/hon.ts';

export interface NaiveConfig {
  layers: number;
  hiddenSize: number;
  heads: number;
  intermediateSize: number;
  vocabularySize: number;
  rotaryPct: number;
  parallelResidual: boolean;
  hon?: HonSetting;
}

/** One row a token. */
type Matrix = number[][];

export type Weights = Record<string, { shape: number[]; values: ArrayLike<number> }>;

/**
 * Natural log-probabilities of every next token after each token of `ids`: [n][vocabulary].
 * @param onAttention Called with the weights of each head of each attention, heads in their order. `place` is `0` for
 *   the outer attention of the first layer, `0.q.k` for that which makes the keys of that which makes its queries.
 */
export function naiveLogProbs(
  config: NaiveConfig,
  weights: Weights,
  ids: readonly number[],
  onAttention: (place: string, weights: Matrix) => void = () => {},
): Matrix {
  const matrix = (name: string): Matrix => {
    const { shape, values } = weights[name];
    const [rows, columns] = shape;
    return Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => values[i * columns + j]));
  };
  const vector = (name: string) => Array.from(weights[name].values);
  const linear = (name: string, x: Matrix) => project(x, matrix(`${name}.weight`), vector(`${name}.bias`));
  const norm = (name: string, x: Matrix) => layerNorm(x, vector(`${name}.weight`), vector(`${name}.bias`));

  const embeddings = matrix('gpt_neox.embed_in.weight');
  let x = ids.map((id) => embeddings[id]);
  for (let i = 0; i < config.layers; i++) {
    const layer = `gpt_neox.layers.${i}`;
    const attended = attentionOfOrder(
      config.hon?.order ?? 1,
      `${layer}.attention`,
      norm(`${layer}.input_layernorm`, x),
      String(i),
    );
    const attention = linear(`${layer}.attention.dense`, attended);
    const mlpInput = config.parallelResidual ? x : plus(x, attention);
    const up = linear(`${layer}.mlp.dense_h_to_4h`, norm(`${layer}.post_attention_layernorm`, mlpInput));
    const mlp = linear(
      `${layer}.mlp.dense_4h_to_h`,
      up.map((row) => row.map(gelu)),
    );
    x = plus(plus(x, attention), mlp);
  }
  const logits = project(norm('gpt_neox.final_layer_norm', x), matrix('embed_out.weight'));
  return logits.map((row) => {
    const normaliser = Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0));
    return row.map((value) => value - normaliser);
  });

  /** Eq. 1 at order 1, Eq. 6-12 above: every projection recurses on its own, as the paper counts it. */
  function attentionOfOrder(order: number, name: string, input: Matrix, place: string): Matrix {
    const { hon } = config;
    const refine = (role: Role): Matrix => {
      const outer = (y: Matrix) => takeHeadPart(linear(`${name}.query_key_value`, y), role);
      if (order === 1 || !hon?.projections.includes(role)) return outer(input);
      const innerPlace = `${place}.${role}`;
      if (hon.inner === 'shared') return outer(attentionOfOrder(order - 1, name, input, innerPlace));
      if (hon.inner === 'separate') return outer(attentionOfOrder(order - 1, `${name}.hon.${role}`, input, innerPlace));
      return selfAttention(order, outer(input), role, innerPlace);
    };
    return causalAttention(refine('q'), refine('k'), refine('v'), place);
  }

  /** Eq. 7-8: p_m = Attn(p_{m-1}, p_{m-1}, p_{m-1}). */
  function selfAttention(order: number, p: Matrix, role: Role, place: string): Matrix {
    if (order === 1) return p;
    const lower = selfAttention(order - 1, p, role, `${place}.${role}`);
    return causalAttention(lower, lower, lower, place);
  }

  /** The rows of a role: the fused projection has q, k and v of head 0, then of head 1, … */
  function takeHeadPart(fused: Matrix, role: Role): Matrix {
    const size = config.hiddenSize / config.heads;
    const part = { q: 0, k: 1, v: 2 }[role];
    return fused.map((row) => row.filter((_, i) => Math.floor(i / size) % 3 === part));
  }

  function causalAttention(q: Matrix, k: Matrix, v: Matrix, place: string): Matrix {
    const size = config.hiddenSize / config.heads;
    const output = q.map((row) => row.map(() => 0));
    for (let start = 0; start < config.hiddenSize; start += size) {
      const head = (x: Matrix) => x.map((row) => row.slice(start, start + size));
      const [queries, keys, values] = [head(q).map(rotate), head(k).map(rotate), head(v)];
      const rows = queries.map((query, i) => {
        const scores = keys.slice(0, i + 1).map((key) => Math.exp(inner(query, key) / Math.sqrt(size)));
        const total = scores.reduce((a, b) => a + b, 0);
        scores.forEach((score, j) => {
          for (let e = 0; e < size; e++) output[i][start + e] += (score / total) * values[j][e];
        });
        return queries.map((_, j) => (scores[j] ?? 0) / total);
      });
      onAttention(place, rows);
    }
    return output;
  }

  function rotate(head: number[], position: number): number[] {
    const turned = Math.trunc(head.length * config.rotaryPct);
    return head.map((value, i) => {
      if (i >= turned) return value;
      const pair = i < turned / 2 ? i + turned / 2 : i - turned / 2;
      const angle = position / 10000 ** ((2 * Math.min(i, pair)) / turned);
      return value * Math.cos(angle) + (i < pair ? -1 : 1) * head[pair] * Math.sin(angle);
    });
  }
}

function inner(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

function project(x: Matrix, weight: Matrix, bias?: number[]): Matrix {
  return x.map((row) => weight.map((column, j) => inner(row, column) + (bias?.[j] ?? 0)));
}

function plus(a: Matrix, b: Matrix): Matrix {
  return a.map((row, i) => row.map((value, j) => value + b[i][j]));
}

function layerNorm(x: Matrix, weight: number[], bias: number[]): Matrix {
  return x.map((row) => {
    const mean = row.reduce((a, b) => a + b, 0) / row.length;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
    return row.map((value, i) => ((value - mean) / Math.sqrt(variance + 1e-5)) * weight[i] + bias[i]);
  });
}

/** x·Φ(x), with Φ by Simpson's rule over the density: slow, and independent of any erf. */
function gelu(x: number): number {
  const steps = 100;
  const width = x / steps;
  const density = (t: number) => Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI);
  let sum = density(0) + density(x);
  for (let i = 1; i < steps; i++) sum += (i % 2 ? 4 : 2) * density(i * width);
  return x * (0.5 + (sum * width) / 3);
}
