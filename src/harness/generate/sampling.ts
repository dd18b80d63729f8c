/** How the next token is drawn from a model's logits. */

import { HonEvalError } from '../../errors.ts';
import type { SamplingSettings } from '../record/generation.ts';

/** Tokens e^30 times less probable than the best never come: 200,000 of them weigh less than float32 can tell. */
const negligible = 30;
/** e^-x at `steps` values of x for each whole number: with a cubic between them, to 3e-9 of the value. */
const steps = 64;
const powers = Float64Array.from({ length: negligible * steps + 1 }, (_, i) => Math.exp(-i / steps));

/**
 * Draws a token id as transformers and vLLM do: temperature, then top-k, then top-p over what is left, which keeps the
 * smallest set of the most probable tokens that reaches p. Tokens as probable as the k-th all stay, as in transformers;
 * of equals at the border of top-p the lower ids stay. Throws a `numeric` error where the logits have no largest number.
 *
 * @param logits [vocabulary]; -Infinity for a token that must not come
 * @param uniform in [0, 1)
 */
export function sampleToken(logits: Float32Array, settings: SamplingSettings, uniform: number): number {
  const best = mostProbable(logits);
  if (settings.temperature === 0) return best;
  const { ids, weights } = candidates(logits, settings, logits[best]);
  const target = uniform * total(weights);
  let reached = 0;
  let last = best;
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] === 0) continue;
    reached += weights[i];
    last = ids[i];
    if (reached > target) break;
  }
  return last;
}

/** Tokens to draw from. */
export interface Candidates {
  /** From the lowest to the highest. */
  ids: Int32Array;
  /** Their probabilities times one unknown number; 0 for those that are cut off. */
  weights: Float64Array;
}

/** @param largest Of the logits. */
export function candidates(logits: Float32Array, settings: SamplingSettings, largest: number): Candidates {
  const { temperature, topK, topP } = settings;
  const least = largest - negligible * temperature;
  const ids = new Int32Array(logits.length);
  let count = 0;
  for (let id = 0; id < logits.length; id++) if (logits[id] >= least) ids[count++] = id;
  const weights = new Float64Array(count);
  for (let i = 0; i < count; i++) weights[i] = power((largest - logits[ids[i]]) / temperature);
  if (topK > 0 && topK < count) keepMost(weights, topK);
  if (topP < 1) keepMass(weights, topP * total(weights));
  return { ids: ids.subarray(0, count), weights };
}

/** e^-x for x in [0, `negligible`]; `Math.exp` takes half of the time that drawing a token takes. */
function power(x: number): number {
  const step = (x * steps) | 0;
  const rest = x - step / steps;
  return powers[step] * (1 - rest * (1 - rest * (1 / 2 - rest / 6)));
}

function mostProbable(logits: Float32Array): number {
  let best = 0;
  let ordered = true;
  for (let id = 0; id < logits.length; id++) {
    if (logits[id] > logits[best]) best = id;
    ordered &&= !Number.isNaN(logits[id]);
  }
  const largest = logits[best];
  if (ordered && Number.isFinite(largest)) return best;
  const got = ordered ? String(largest) : 'NaN';
  throw new HonEvalError(
    'numeric',
    `Cannot choose the next token: expected logits with a finite maximum, got ${got}; the model's weights or its dtype make numbers that are not finite.`,
  );
}

/** Leaves the `count` largest weights, and what equals the last of them. */
function keepMost(weights: Float64Array, count: number): void {
  const border = smallestKept(weights, 'count', count);
  for (let i = 0; i < weights.length; i++) if (weights[i] < border) weights[i] = 0;
}

/** Leaves as few of the largest weights as together reach `mass`. */
function keepMass(weights: Float64Array, mass: number): void {
  const border = smallestKept(weights, 'mass', mass);
  let reached = 0;
  for (let i = 0; i < weights.length; i++) if (weights[i] > border) reached += weights[i];
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] > border) continue;
    if (weights[i] < border || reached >= mass) weights[i] = 0;
    else reached += border;
  }
}

/**
 * The largest weight such that those from it upwards are `enough` by their count or by their mass; 0 where all of them
 * are not. Selects as quicksort sorts, in the part alone that the answer is in: linear in the vocabulary.
 */
function smallestKept(weights: Float64Array, by: 'count' | 'mass', enough: number): number {
  const values = weights.slice();
  let [from, to] = [0, values.length];
  let missing = enough;
  while (from < to) {
    const pivot = middle(values[from], values[(from + to) >> 1], values[to - 1]);
    // Larger ones first, then equal ones, then smaller ones.
    let [larger, smaller] = [from, to];
    let mass = 0;
    for (let i = from; i < smaller; ) {
      const value = values[i];
      if (value > pivot) {
        mass += value;
        values[i++] = values[larger];
        values[larger++] = value;
      } else if (value < pivot) {
        values[i] = values[--smaller];
        values[smaller] = value;
      } else i++;
    }
    const reached = by === 'mass' ? mass : larger - from;
    if (reached >= missing) {
      to = larger;
      continue;
    }
    const withEqual = reached + (smaller - larger) * (by === 'mass' ? pivot : 1);
    if (withEqual >= missing) return pivot;
    missing -= withEqual;
    from = smaller;
  }
  return 0;
}

function middle(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}

function total(weights: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i];
  return sum;
}
