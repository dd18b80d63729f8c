import { splitOutside } from './notation/brackets.ts';
import { parseScalar, type Scalar } from './scalar.ts';

/** More terms than this are not written out. */
const mostTerms = 100;

/**
 * A sum with dots, such as `x^8 + x^7 + \cdots + 1`, with the terms that they stand for: those between what is before
 * and after them in the arithmetic or geometric progression that the last two before them begin. null where they are in
 * none, or in both.
 */
export function writeOutDots(latex: string): string | null {
  const [, before, after] = /^(.*?)[+-] ?\\[lc]?dots ?\+?(.*)$/s.exec(latex) ?? [];
  if (before === undefined || before.includes('dots') || after.includes('dots')) return null;
  const known = signedTerms(before);
  const [next] = signedTerms(after);
  if (known.length < 2 || next === undefined) return null;
  const progressions = [arithmetic, geometric].flatMap((term) => {
    const between = termsUntil(next, known, term);
    return between ? [between] : [];
  });
  if (progressions.length !== 1) return null;
  return [before, ...progressions[0].map((term) => `(${term})`), after.replace(/^ ?(?=[^-])/, '')]
    .join('+')
    .replace(/\+ ?-/g, '-');
}

/** The `n`-th term of the progression after its second one. */
type Term = (first: string, second: string, n: number) => string;
const arithmetic: Term = (first, second, n) => `${second}+${n}\\cdot((${second})-(${first}))`;
const geometric: Term = (first, second, n) => `(${second})\\cdot(\\frac{${second}}{${first}})^{${n}}`;

function termsUntil(end: string, known: readonly string[], term: Term): string[] | null {
  const [last, first, second] = [parseScalar(end), ...known.slice(-2)] as const;
  const [zeroth] = known.slice(-3, -2);
  if (!last || (zeroth !== undefined && !isSame(parseScalar(term(second, first, 1)), parseScalar(zeroth)))) return null;
  const terms: string[] = [];
  for (let n = 1; n <= mostTerms; n++) {
    const next = term(first, second, n);
    if (isSame(parseScalar(next), last)) return terms;
    terms.push(next);
  }
  return null;
}

function isSame(a: Scalar | null, b: Scalar | null): boolean {
  const isClose = (i: number) => {
    const [x, y] = [a?.values[i], b?.values[i]];
    return x && y && Math.hypot(x.re - y.re, x.im - y.im) <= 1e-9 * Math.max(1, Math.hypot(x.re, x.im));
  };
  return [0, 1, 2, 3].every(isClose);
}

function signedTerms(sum: string): string[] {
  const { parts, at } = splitOutside(sum.trim(), (token) => token === '+' || token === '-');
  return parts.map((part, i) => (at[i - 1] === '-' ? `-${part}` : part)).filter((term) => !/^-?$/.test(term));
}
