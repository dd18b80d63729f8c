/**
 * Unbiased estimate of the probability that at least one of `k` samples is right, from more of them:
 * 1 - C(n - c, k) / C(n, k) (Chen et al. 2021, arXiv:2107.03374, Eq. 1). As a product, which no number of samples
 * overflows.
 *
 * @param samples n, at least k
 * @param correct c, how many of them are right
 */
export function passAtK(samples: number, correct: number, k: number): number {
  if (!(k >= 1 && k <= samples && correct >= 0 && correct <= samples))
    throw new RangeError(`No pass@${k} of ${correct} right among ${samples} samples.`);
  let allWrong = 1;
  for (let i = 0; i < k; i++) allWrong *= Math.max(0, samples - correct - i) / (samples - i);
  return 1 - allWrong;
}

/** Whether each of some texts is right. */
type Verdicts = readonly { correct: boolean }[];

/** avg@n: of one sample, whether it is right. */
export function shareCorrect(verdicts: Verdicts): number {
  return countCorrect(verdicts) / verdicts.length;
}

/** `passAtK` of these samples. */
export function passAtSamples(verdicts: Verdicts, k: number): number {
  return passAtK(verdicts.length, countCorrect(verdicts), k);
}

function countCorrect(verdicts: Verdicts): number {
  return verdicts.filter(({ correct }) => correct).length;
}
