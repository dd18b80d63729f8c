/**
 * Which of some hypotheses are rejected, looked at one after another without knowing how many will follow: the online
 * fallback procedure (Tian and Ramdas, Statistical Methods in Medical Research 30, 2021; arXiv:1910.04900). The i-th is
 * tested at α·γᵢ, and what its predecessor was tested at comes on top where that was rejected. The probability of any
 * false rejection, ever, is at most α under every dependence of the p-values. Here γᵢ = 1 / (i·(i + 1)), which sums to 1.
 */
export function onlineFallback(pValues: readonly number[], alpha: number): boolean[] {
  let carried = 0;
  return pValues.map((pValue, i) => {
    const level = alpha / ((i + 1) * (i + 2)) + carried;
    const rejected = pValue <= level;
    carried = rejected ? level : 0;
    return rejected;
  });
}
