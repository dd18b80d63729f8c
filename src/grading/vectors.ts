import { type Answer, parseAnswer } from './answer.ts';
import { parseScalar } from './scalar.ts';

/** What an answer without brackets says of a matrix that has the form of `rows`; null where it says nothing. */
export function asMatrix({ latex }: Answer, rows: readonly Answer[][]): Answer[][] | null {
  return multipleOfIdentity(latex, rows.length) ?? inUnitVectors(latex, rows);
}

/** `-I` and `3I_2`, as large as it has to be. */
function multipleOfIdentity(latex: string, size: number): Answer[][] | null {
  const [, factor, said] = /^(.*?)(?:\\cdot ?)?(?:I|\\text ?\{ ?I ?\})(?: ?_ ?\{? ?(\d) ?\}?)?$/.exec(latex) ?? [];
  if (factor === undefined || (said !== undefined && Number(said) !== size)) return null;
  const entry = parseAnswer(factor === '' || factor === '-' ? `${factor}1` : factor);
  const places = Array.from({ length: size }, (_, i) => i);
  return places.map((i) => places.map((j) => (i === j ? entry : parseAnswer('0'))));
}

const unitVector = /(?<![a-zA-Z\\])[ijk](?![a-zA-Z])/g;

/** `2i - j + 3k` as a column; what else is in it has to be linear in them, as it is 0 without them. */
function inUnitVectors(latex: string, rows: readonly Answer[][]): Answer[][] | null {
  if (rows.length < 2 || rows.length > 3 || !rows.every((row) => row.length === 1) || !/[jk]/.test(latex)) return null;
  const along = (axis: string) => latex.replace(unitVector, (found) => (found === axis ? '(1)' : '(0)'));
  const origin = parseScalar(along(''));
  if (origin?.values[0]?.re !== 0 || (rows.length === 2 && /k/.test(latex))) return null;
  return ['i', 'j', 'k'].slice(0, rows.length).map((axis) => [parseAnswer(along(axis))]);
}
