import type { HonSetting } from '../model/hon.ts';
import { attentionKey } from './labels.ts';
import type { AttentionHead, AttentionMap, AttentionMaps } from './maps.ts';
import type { AttentionNumbers } from './numbers.ts';

/** Means over queries; `src/metrics/attention.ts` says what each is. */
export interface NumbersJson {
  entropy: number;
  first_token: number;
  diagonal_band: number;
  rank_of_log_weights: number;
  effective_rank: number;
}

/** What `hon-eval attention --json` prints. */
export interface AttentionJson {
  models: ModelAttentionJson[];
  files: string[];
}

export interface ModelAttentionJson {
  model: string;
  architecture: string;
  hon: HonSetting | null;
  layers: number;
  heads: number;
  /** d_k, which bounds the rank. */
  head_size: number;
  backend: AttentionMaps['backend'];
  tokens: string[];
  token_ids: number[];
  attentions: AttentionMapJson[];
}

export interface AttentionMapJson extends NumbersJson {
  /** `outer`, `inner.q`, `inner.qk` where one is for both, `inner.q.k` further down. */
  attention: string;
  heads?: ({ layer: number; head: number } & NumbersJson)[];
}

/** @param all Also what each head does. */
export function attentionJson(models: readonly AttentionMaps[], files: string[], all: boolean): AttentionJson {
  const described = models.map((model) => ({
    ...modelJson(model),
    attentions: model.maps.map((map) => ({
      ...mapJson(map),
      ...(all && { heads: map.heads.map(headJson) }),
    })),
  }));
  return { models: described, files };
}

/** The same with every weight, in pieces: `mean_weights` [n, n] of a map, `weights` [n, n] of each of its heads. */
export function* attentionWeightsJson(models: readonly AttentionMaps[]): Generator<string> {
  yield '{"models": [';
  for (const [m, model] of models.entries()) {
    yield `${m ? ',' : ''}\n${open(modelJson(model))}, "attentions": [`;
    for (const [i, map] of model.maps.entries()) {
      yield `${i ? ',' : ''}\n${open(mapJson(map))}, "mean_weights": ${matrix(map.mean)}, "heads": [`;
      for (const [h, head] of map.heads.entries())
        yield `${h ? ',' : ''}\n${open(headJson(head))}, "weights": ${matrix(head.weights)}}`;
      yield ']}';
    }
    yield ']}';
  }
  yield ']}\n';
}

function modelJson({ name, config, backend, tokens, ids }: AttentionMaps): Omit<ModelAttentionJson, 'attentions'> {
  return {
    model: name,
    architecture: config.architecture,
    hon: config.hon ?? null,
    layers: config.layers,
    heads: config.heads,
    head_size: config.headSize,
    backend,
    tokens,
    token_ids: ids,
  };
}

function mapJson({ path, numbers }: AttentionMap): AttentionMapJson {
  return { attention: attentionKey(path), ...numbersJson(numbers) };
}

function headJson({ layer, head, numbers }: AttentionHead) {
  return { layer, head, ...numbersJson(numbers) };
}

function numbersJson({ entropy, firstToken, diagonalBand, rank, effectiveRank }: AttentionNumbers): NumbersJson {
  return {
    entropy,
    first_token: firstToken,
    diagonal_band: diagonalBand,
    rank_of_log_weights: rank,
    effective_rank: effectiveRank,
  };
}

/** An object's JSON without its closing brace. */
function open(value: object): string {
  return JSON.stringify(value).slice(0, -1);
}

/** [n, n] with the nine digits that tell a float32 from any other. */
function matrix(weights: Float32Array): string {
  const n = Math.sqrt(weights.length);
  const rows = Array.from({ length: n }, (_, i) => Array.from(weights.subarray(i * n, (i + 1) * n), nineDigits));
  return JSON.stringify(rows);
}

function nineDigits(value: number): number {
  return Number(value.toPrecision(9));
}
