/** How the next token is drawn from a model's logits. */
import { createHash } from 'node:crypto';
import { uniformBits } from '../checkpoint/random.ts';
import { HonEvalError } from '../errors.ts';

/** Tokens e^40 times less probable than the best never come: a million of them are less than a uniform number's step. */
const negligible = 40;
/** The upper 16 bits of 1 in float64, the largest weight. */
const upperBitsOfOne = 0x3ff0;

export interface SamplingSettings {
  /** Divides the logits; 0 takes the most probable token. */
  temperature: number;
  /** Probability that the tokens to draw from must reach together, above 0; 1 leaves all of them. */
  topP: number;
  /** How many of the most probable tokens are left to draw from; 0 leaves all of them. */
  topK: number;
}

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
  const weights = tokenWeights(logits, settings, logits[best]);
  const target = uniform * total(weights);
  let reached = 0;
  let last = best;
  for (let id = 0; id < weights.length; id++) {
    if (weights[id] === 0) continue;
    reached += weights[id];
    last = id;
    if (reached > target) break;
  }
  return last;
}

/**
 * The probabilities that `sampleToken` draws by, each times one unknown number: [vocabulary], 0 for what is cut off.
 * @param largest Of the logits.
 */
export function tokenWeights(logits: Float32Array, settings: SamplingSettings, largest: number): Float64Array {
  const { temperature, topK, topP } = settings;
  const weights = new Float64Array(logits.length);
  const least = largest - negligible * temperature;
  for (let id = 0; id < logits.length; id++)
    if (logits[id] > least) weights[id] = Math.exp((logits[id] - largest) / temperature);
  if (topK > 0 && topK < weights.length) keepMost(weights, topK);
  if (topP < 1) keepMass(weights, topP * total(weights));
  return weights;
}

/**
 * Uniform numbers in [0, 1) that depend on the parts alone: xoshiro128** (Blackman and Vigna 2018), started from their
 * sha256, so that no two streams overlap in practice.
 */
export function uniformStream(...parts: (string | number)[]): () => number {
  const seed = createHash('sha256').update(JSON.stringify(parts)).digest();
  const next = uniformBits(seed);
  return () => next() / 2 ** 32;
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
  for (let id = 0; id < weights.length; id++) if (weights[id] < border) weights[id] = 0;
}

/** Leaves as few of the largest weights as together reach `mass`. */
function keepMass(weights: Float64Array, mass: number): void {
  const border = smallestKept(weights, 'mass', mass);
  let reached = 0;
  for (let id = 0; id < weights.length; id++) if (weights[id] > border) reached += weights[id];
  for (let id = 0; id < weights.length; id++) {
    if (weights[id] > border) continue;
    if (weights[id] < border || reached >= mass) weights[id] = 0;
    else reached += border;
  }
}

/**
 * The largest weight such that those from it upwards are `enough` by their count or by their mass; 0 where all of them
 * are not. Adds them up by the upper bits, which sort as the weights do, and sorts a small part of them alone: linear
 * in the vocabulary. Loops have counters, as those over an array's values take ten times as long here.
 */
function smallestKept(weights: Float64Array, by: 'count' | 'mass', enough: number): number {
  const upperBits = new Uint16Array(weights.buffer);
  const sums = new Float64Array(upperBitsOfOne + 1);
  for (let id = 0; id < weights.length; id++) sums[upperBits[4 * id + 3]] += by === 'mass' ? weights[id] : 1;
  let part = upperBitsOfOne;
  let reached = 0;
  while (part > 0 && reached + sums[part] < enough) reached += sums[part--];
  const members: number[] = [];
  for (let id = 0; id < weights.length; id++) if (upperBits[4 * id + 3] === part) members.push(weights[id]);
  for (const weight of Float64Array.from(members).sort().reverse()) {
    reached += by === 'mass' ? weight : 1;
    if (reached >= enough) return weight;
  }
  return 0;
}

function total(weights: Float64Array): number {
  let sum = 0;
  for (let id = 0; id < weights.length; id++) sum += weights[id];
  return sum;
}
