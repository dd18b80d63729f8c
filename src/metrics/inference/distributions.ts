import { bdtr, compiled, incbet, incbi, ndtr, ndtri } from 'cephes';

// Cephes is the C library behind SciPy's distributions; here it is WebAssembly, which has to be compiled first.
await compiled;

/** P(X ≤ x) of the standard normal distribution. */
export function normalCdf(x: number): number {
  return ndtr(x);
}

export function normalQuantile(p: number): number {
  return ndtri(p);
}

/** P(T ≤ t) of Student's t with `df` degrees of freedom, which need not be whole; infinitely many are the normal's. */
export function studentCdf(t: number, df: number): number {
  if (!Number.isFinite(df)) return normalCdf(t);
  const tail = 0.5 * incbet(df / 2, 0.5, df / (df + t * t));
  return t < 0 ? tail : 1 - tail;
}

export function studentQuantile(p: number, df: number): number {
  if (!Number.isFinite(df)) return normalQuantile(p);
  const sign = p < 0.5 ? -1 : 1;
  const central = Math.abs(1 - 2 * p);
  if (central < 0.5) {
    const z = incbi(0.5, df / 2, central);
    return sign * Math.sqrt((df * z) / (1 - z));
  }
  const z = incbi(df / 2, 0.5, 2 * Math.min(p, 1 - p));
  return sign * Math.sqrt(df / z - df);
}

/** P(X ≤ k) successes of `n` tries that succeed with probability `p`. */
export function binomialCdf(k: number, n: number, p: number): number {
  if (k < 0) return 0;
  return k >= n ? 1 : bdtr(k, n, p);
}
