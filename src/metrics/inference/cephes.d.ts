/** The package has types, but its "exports" hide them. */
declare module 'cephes' {
  /** Settles when the functions can be called. */
  export const compiled: Promise<void>;
  /** Sum of the first k + 1 terms of the binomial distribution. */
  export function bdtr(k: number, n: number, p: number): number;
  /** Regularized incomplete beta integral. */
  export function incbet(a: number, b: number, x: number): number;
  /** The x where `incbet(a, b, x)` is y. */
  export function incbi(a: number, b: number, y: number): number;
  /** Normal distribution function. */
  export function ndtr(x: number): number;
  /** Inverse of `ndtr`. */
  export function ndtri(y: number): number;
}
