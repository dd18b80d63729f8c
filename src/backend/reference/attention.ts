/** Attention in plain loops, and its masks: [B, S, places], 0 where a token sees what is at a place. */
import { type Heads, type Past, scaleOf } from '../../model/ops.ts';
import type { Batch } from '../backend.ts';
import { dot, map, mapRows, row, type Tensor, tensor } from './tensor.ts';

/** Added to the score of a token that is not seen. */
const unseen = -1e30;

/** The places of a row are those of the trunk's P tokens, and then its own. */
export function treeMask({ ends, rows, columns, trunk }: Batch): Tensor {
  const before = trunk?.length ?? 0;
  const places = before + columns;
  const mask = tensor([rows, columns, places], new Float64Array(rows * columns * places).fill(unseen));
  for (let cell = 0; cell < rows * columns; cell++) {
    mask.data.fill(0, cell * places, cell * places + before);
    for (let i = cell % columns; i < ends[cell]; i++)
      mask.data[(cell - (cell % columns) + i) * places + before + (cell % columns)] = 0;
  }
  return mask;
}

export function window(mask: Tensor, size: number): Tensor {
  const width = mask.shape[2];
  return map(mask, (added, at) => {
    if (added !== 0) return added;
    const later = mask.data.subarray(at, at - (at % width) + width).filter((other) => other === 0);
    return later.length <= size ? 0 : unseen;
  });
}

/** What the softmax is taken of. */
function scoreOf(q: Float64Array, k: Float64Array, heads: Heads): number {
  const score = dot(q, k) * scaleOf(heads);
  return heads.cap === undefined ? score : heads.cap * Math.tanh(score / heads.cap);
}

/**
 * @param mask [B, S, P + S]
 * @param trunk keys and values [P, keyHeads·dh]
 */
export function attention(q: Tensor, k: Tensor, v: Tensor, trunk: Past<Tensor>, mask: Tensor, sizes: Heads): Tensor {
  const { heads, keyHeads, headSize } = sizes;
  const [, columns, places] = mask.shape;
  const before = places - columns;
  return mapRows(q, (query, token) => {
    const start = token - (token % columns);
    const added = mask.data.subarray(token * places, (token + 1) * places);
    const seen = [...added.keys()].filter((place) => added[place] === 0);
    const output = new Float64Array(query.length);
    for (let head = 0; head < heads; head++) {
      const from = Math.floor((head * keyHeads) / heads) * headSize;
      const part = (own: Tensor, earlier: Tensor, place: number) =>
        (place < before ? row(earlier, place) : row(own, start + place - before)).subarray(from, from + headSize);
      const own = query.subarray(head * headSize, (head + 1) * headSize);
      const weights = softmax(seen.map((place) => scoreOf(own, part(k, trunk.keys, place), sizes)));
      seen.forEach((place, n) => {
        part(v, trunk.values, place).forEach((value, i) => {
          output[head * headSize + i] += weights[n] * value;
        });
      });
    }
    return output;
  });
}

/**
 * @param past keys [B, keyHeads, dh, capacity] and values [B, keyHeads, capacity, dh]
 * @param mask [B, S, capacity + S]
 */
export function cachedAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { keys, values }: Past<Tensor>,
  mask: Tensor,
  sizes: Heads,
): Tensor {
  const { heads, keyHeads, headSize } = sizes;
  const [, columns, places] = mask.shape;
  const capacity = places - columns;
  return mapRows(q, (query, token) => {
    const start = token - (token % columns);
    const added = mask.data.subarray(token * places, (token + 1) * places);
    const seen = [...added.keys()].filter((place) => added[place] === 0);
    const output = new Float64Array(query.length);
    for (let head = 0; head < heads; head++) {
      const keyHead = Math.floor((head * keyHeads) / heads);
      const block = ((start / columns) * keyHeads + keyHead) * headSize * capacity;
      const own = query.subarray(head * headSize, (head + 1) * headSize);
      const at = (fresh: Tensor, place: number, earlier: (i: number) => number) => {
        if (place < capacity) return own.map((_, i) => earlier(i));
        return row(fresh, start + place - capacity).subarray(keyHead * headSize, (keyHead + 1) * headSize);
      };
      const keyAt = (place: number) => at(k, place, (i) => keys.data[block + i * capacity + place]);
      const valueAt = (place: number) => at(v, place, (i) => values.data[block + place * headSize + i]);
      const weights = softmax(seen.map((place) => scoreOf(own, keyAt(place), sizes)));
      seen.forEach((place, n) => {
        valueAt(place).forEach((value, i) => {
          output[head * headSize + i] += weights[n] * value;
        });
      });
    }
    return output;
  });
}

export function attentionScores(q: Tensor, k: Tensor, sizes: Heads): Tensor {
  const { heads, keyHeads, headSize } = sizes;
  const [tokens] = q.shape;
  const part = (x: Tensor, token: number, head: number) =>
    row(x, token).subarray(head * headSize, (head + 1) * headSize);
  const data = new Float64Array(heads * tokens * tokens);
  for (let head = 0, at = 0; head < heads; head++)
    for (let i = 0; i < tokens; i++)
      for (let j = 0; j < tokens; j++)
        data[at++] = scoreOf(part(q, i, head), part(k, j, Math.floor((head * keyHeads) / heads)), sizes);
  return { shape: [heads, tokens, tokens], data };
}

function softmax(values: number[]): number[] {
  const largest = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
