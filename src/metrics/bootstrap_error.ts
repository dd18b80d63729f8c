/** Standard errors by drawing documents anew: lm-evaluation-harness's `bootstrap_stderr` (lm_eval/api/metrics.py). */
import { PythonRandom } from '../python/random.ts';

/** Its default, and how many of them a generator draws. */
const [replicates, perGenerator] = [100_000, 1000];

/**
 * The sample deviation of a statistic over replicates, in each of which as many documents are drawn as there are, with
 * replacement, by CPython's generator seeded with 0, 1, …; null for fewer than two documents.
 * @param count Documents.
 * @param statistic Of the documents drawn, by their indices.
 */
export function bootstrapError(count: number, statistic: (drawn: Int32Array) => number): number | null {
  if (count < 2) return null;
  const values = new Float64Array(replicates);
  const drawn = new Int32Array(count);
  for (let seed = 0; seed < replicates / perGenerator; seed++) {
    const random = new PythonRandom(seed);
    for (let i = 0; i < perGenerator; i++) {
      random.choices(drawn, count);
      values[seed * perGenerator + i] = statistic(drawn);
    }
  }
  const mean = values.reduce((sum, value) => sum + value, 0) / replicates;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (replicates - 1));
}
