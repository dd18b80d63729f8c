import { ComputeEngine, type Expression, isNumber } from '@cortex-js/compute-engine';

/** A number or a formula, with what its notation says beside its value. */
export interface Scalar {
  /** Its value where that is a rational number. */
  exact: Expression | null;
  /** Its value at each of the points; null where it has none. */
  values: (Complex | null)[];
  infinity: 1 | -1 | null;
  /** Whether it is written with a decimal point, and so may be rounded. */
  decimal: boolean;
  percent: boolean;
  /** Its variables. */
  unknowns: readonly string[];
}

interface Complex {
  re: number;
  im: number;
}

const engine = new ComputeEngine();
// Letters are numbers: otherwise `a(b+2)` calls a function, and does so from then on in every formula with that letter.
const greek = ['alpha', 'beta', 'theta', 'phi', 'lambda', 'mu', 'omega', 'rho', 'sigma', 'tau'];
for (const name of [...'abcdfghjklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ', ...greek]) engine.declare(name, 'number');

/** Formulas that agree at so many points are the same; variables are positive at the first ones only. */
const points = [0, 1, 2, 3];

/** Reads what `normalise` gives; null where that has no value. */
export function parseScalar(latex: string): Scalar | null {
  const percent = latex.endsWith('%');
  const text = percent ? latex.slice(0, -1).trim() : latex;
  // The engine reads `2 3` as 23.
  if (text === '' || /\d \d/.test(text)) return null;
  // Keeps what the engine concludes about names, such as x_1, from the next formula.
  engine.pushScope();
  try {
    return evaluate(text, percent);
  } catch {
    // The engine answers most of what it cannot read with an error expression, but not all.
    return null;
  } finally {
    engine.popScope();
  }
}

function evaluate(text: string, percent: boolean): Scalar | null {
  const expression = engine.parse(asFraction(inRoundBrackets(text)));
  // The engine would keep an assigned value, and use it in every formula after this one.
  if (!expression.isValid || expression.has('Assign')) return null;
  const decimal = /\d\.\d/.test(text);
  const value = expression.evaluate();
  const exact = isNumber(value) && value.isRational ? value : null;
  const infinity = value.isInfinity && value.im === 0 ? (value.re > 0 ? 1 : -1) : null;
  const values = points.map((point) => valueAt(expression, point));
  if (!exact && !infinity && values.every((each) => each === null)) return null;
  return { exact, values, infinity, decimal, percent, unknowns: expression.unknowns };
}

/** `2[3 + 4]`, but not `\sqrt[3]{8}`. */
function inRoundBrackets(text: string): string {
  return text.replace(/\\sqrt ?\[[^\]]*\]|[[\]]/g, (found) => (found === '[' ? '(' : found === ']' ? ')' : found));
}

/** The engine rounds decimals. */
function asFraction(text: string): string {
  const [, sign, whole, places] = /^(-?)(\d+)\.(\d+)$/.exec(text) ?? [];
  return whole === undefined ? text : `${sign}\\frac{${whole}${places}}{1${'0'.repeat(places.length)}}`;
}

function valueAt(expression: Expression, point: number): Complex | null {
  const variables = Object.fromEntries(expression.unknowns.map((name) => [name, coordinate(name, point)]));
  const { re, im } = expression.subs(variables).N();
  return Number.isFinite(re) && Number.isFinite(im) ? { re, im } : null;
}

/** A number between 0.5 and 2.5 that looks random, with either sign at the later points. */
function coordinate(name: string, point: number): number {
  let hash = 2166136261 + point;
  for (const character of name) hash = Math.imul(hash ^ character.codePointAt(0)!, 16777619);
  hash = Math.imul(hash ^ (hash >>> 15), 2246822519) >>> 0;
  const size = 0.5 + (hash >>> 1) / 2 ** 30;
  return point >= 2 && hash % 2 === 1 ? -size : size;
}

/** Equal within rounding, where a percentage may stand for its hundredth or its number. */
export function equalScalars(a: Scalar, b: Scalar): boolean {
  return (
    sameValue(a, b, 1) ||
    (a.percent && !b.percent && sameValue(a, b, 0.01)) ||
    (b.percent && !a.percent && sameValue(b, a, 0.01))
  );
}

function sameValue(a: Scalar, b: Scalar, factor: number): boolean {
  if (a.infinity || b.infinity) return a.infinity === b.infinity;
  const isExact = a.exact !== null && b.exact !== null && factor === 1;
  if (isExact && a.exact!.isSame(b.exact!)) return true;
  const isRounded = a.decimal || b.decimal;
  if (isExact && !isRounded) return false;
  const pairs = a.values.map((x, i) => [x && { re: x.re * factor, im: x.im * factor }, b.values[i]] as const);
  // e^{1000x} and e^{1001x} are too small to be told apart where x is negative, and too large where it is not.
  const isLost = (z: Complex | null) => a.exact === null && b.exact === null && z?.re === 0 && z.im === 0;
  const defined = pairs.filter(([x, y]) => (x !== null || y !== null) && !(isLost(x) && isLost(y)));
  return defined.length > 0 && defined.every(([x, y]) => x && y && isClose(x, y, isExact, isRounded));
}

/**
 * Values that are not exact are equal but for errors of rounding, where they ought to be 0 too; a decimal in six places,
 * if that is four digits.
 */
function isClose(x: Complex, y: Complex, isExact: boolean, isRounded: boolean): boolean {
  const distance = Math.hypot(x.re - y.re, x.im - y.im);
  const sizes = [Math.hypot(x.re, x.im), Math.hypot(y.re, y.im)];
  const size = Math.max(...sizes);
  if (!isExact && distance <= Math.max(1e-10 * size, sizes.includes(0) ? 1e-14 : 0)) return true;
  return isRounded && distance <= Math.min(5.001e-7, 1e-4 * size);
}

/**
 * Whether the differences of two pairs are the same formula but for a constant factor: 2x - 4 = 0 is x = 2. The sign of
 * the factor, or 0 where they are not.
 */
export function commonFactor([a, b]: readonly [Scalar, Scalar], [c, d]: readonly [Scalar, Scalar]): -1 | 0 | 1 {
  const ratios = points.flatMap((i) => {
    const [first, second] = [difference(a.values[i], b.values[i]), difference(c.values[i], d.values[i])];
    return first === null || second === null ? [] : [first / second];
  });
  const [ratio] = ratios;
  if (ratios.length === 0 || !Number.isFinite(ratio) || Math.abs(ratio) < 1e-10) return 0;
  return ratios.every((each) => Math.abs(each - ratio) <= 1e-9 * Math.abs(ratio)) ? (ratio > 0 ? 1 : -1) : 0;
}

function difference(x: Complex | null, y: Complex | null): number | null {
  return x && y && x.im === 0 && y.im === 0 ? x.re - y.re : null;
}

/** Where `a - sign · b` is zero and how fast it grows, if it is linear in one variable; null where it is not. */
export function linearIn(a: Scalar, b: Scalar, sign: 1 | -1): { variable: string; slope: number; root: number } | null {
  const [variable, ...others] = new Set([...a.unknowns, ...b.unknowns]);
  const heights = points.map((i) => {
    const [x, y] = [a.values[i], b.values[i]];
    return x && y && x.im === 0 && y.im === 0 ? x.re - sign * y.re : Number.NaN;
  });
  if (variable === undefined || others.length > 0 || !heights.every(Number.isFinite)) return null;
  const at = points.map((i) => coordinate(variable, i));
  const slope = (heights[1] - heights[0]) / (at[1] - at[0]);
  const error = (i: number) => Math.abs(heights[0] + slope * (at[i] - at[0]) - heights[i]);
  const isLine = points.every((i) => error(i) <= 1e-9 * Math.max(1, ...heights.map(Math.abs)));
  return isLine && Math.abs(slope) > 1e-9 ? { variable, slope, root: at[0] - heights[0] / slope } : null;
}
