import { type Answer, isUnderstood, parseAnswer, plainWords } from './answer.ts';
import { sameSolutions } from './conditions.ts';
import { type Coordinates, coordinatesOf, sequenceOf } from './coordinates.ts';
import { normalise } from './notation/normalise.ts';
import { areOtherUnits, readQuantity } from './notation/units.ts';
import { equalRelations } from './relation.ts';
import { equalScalars, parseScalar } from './scalar.ts';
import { asMatrix } from './vectors.ts';
import type { Outcome } from './verdict.ts';

type Kind<K extends Answer['kind']> = Extract<Answer, { kind: K }>;

/** Longer ones are compared as text. */
const longestAnswer = 2_000;

/** Whether an answer is the right one, both LaTeX. */
export function compareMath(gold: string, answer: string): { correct: boolean; outcome: Outcome } {
  if (gold.length > longestAnswer) return { correct: gold === answer, outcome: 'gold_unparsed' };
  if (answer.length > longestAnswer) return { correct: false, outcome: 'unparsed' };
  const [right, given] = inOneCase(normalise(gold), normalise(answer));
  if (squeeze(right) !== '' && squeeze(right) === squeeze(given)) return { correct: true, outcome: 'graded' };
  const [a, b] = [parseAnswer(right), parseAnswer(given)];
  const outcome = !isUnderstood(a) ? 'gold_unparsed' : !isUnderstood(b) && a.kind !== 'words' ? 'unparsed' : 'graded';
  return { correct: equalAnswers(a, b), outcome };
}

/** Without spaces, but for those that keep two numbers apart. */
function squeeze(latex: string): string {
  return latex.replace(/(?<!\d)\s+|\s+(?!\d)/g, '');
}

/** Variables in lower case, but for e and i, unless one of the texts has a letter in both cases. */
function inOneCase(...texts: string[]): string[] {
  const hasBoth = texts.some((text) => {
    const variables = text.replace(/\\[a-zA-Z]+/g, '');
    return variables.match(/[A-DF-HJ-Z]/g)?.some((capital) => variables.includes(capital.toLowerCase()));
  });
  if (hasBoth) return texts;
  const commandOrCapital = /\\[a-zA-Z]+|[A-DF-HJ-Z]/g;
  return texts.map((text) =>
    text.replace(commandOrCapital, (found) => (found[0] === '\\' ? found : found.toLowerCase())),
  );
}

/** `gold` decides what the other is taken for: `2, 4` is (2,4) where that is asked for. */
export function equalAnswers(gold: Answer, answer: Answer): boolean {
  const [names, given] = [coordinatesOf(gold), coordinatesOf(answer)];
  if (names && given) return sameCoordinates(names, given);
  if (names && answer.kind === 'tuple') return sameSequence(sequenceOf(names), answer.items);
  if (given && gold.kind === 'tuple') return samePoint(gold.items, sequenceOf(given));
  return sameSolutions(gold, answer) || sameKind(gold, answer);
}

function sameKind(gold: Answer, answer: Answer): boolean {
  if (gold.kind === 'relation' || answer.kind === 'relation') return equalRelations(gold, answer, equalAnswers);
  if (gold.kind === 'words' || answer.kind === 'words') return equalWords(gold, answer);
  switch (gold.kind) {
    case 'scalar':
      return equalToScalar(gold, answer);
    case 'numeral':
      return equalNumerals(gold, answer);
    case 'list':
    case 'set':
      return isCollection(answer) || (answer.kind === 'union' && hasRelations(gold.items))
        ? sameItems(gold.items, answer.items)
        : sameItems(gold.items, [answer]);
    case 'tuple':
      return isCollection(answer) && samePoint(gold.items, answer.items);
    case 'interval':
      return answer.kind === 'interval' && gold.brackets === answer.brackets && sameSequence(gold.items, answer.items);
    case 'union':
      return (
        (answer.kind === 'union' || (answer.kind === 'list' && hasRelations(answer.items))) &&
        sameItems(gold.items, answer.items)
      );
    case 'matrix':
      return sameTable(gold.rows, answer.kind === 'matrix' ? answer.rows : asMatrix(answer, gold.rows));
    case 'combination':
    case 'unknown':
      return gold.latex !== '' && squeeze(gold.latex) === squeeze(answer.latex);
  }
}

function isCollection(answer: Answer): answer is Kind<'list' | 'set' | 'tuple'> {
  return answer.kind === 'list' || answer.kind === 'set' || answer.kind === 'tuple';
}

/** `x < 2 \text{ or } x > 3` is a union of intervals. */
function hasRelations(items: readonly Answer[]): boolean {
  return items.every(({ kind }) => kind === 'relation');
}

function equalToScalar(gold: Kind<'scalar'>, answer: Answer): boolean {
  if (answer.kind === 'scalar') {
    const isOther =
      areOtherUnits(gold.unit, answer.unit) ||
      (gold.unit && answer.scalar.percent) ||
      (isInRadians(gold) && isInDegrees(answer));
    return !isOther && equalScalars(gold.scalar, answer.scalar);
  }
  if (answer.kind === 'numeral') return answer.base === 10 && answer.digits === squeeze(gold.latex);
  // As in \boxed{1\frac{1}{2}} or \boxed{\frac{3}{2}}.
  return (answer.kind === 'set' || answer.kind === 'list') && sameItems([gold], answer.items);
}

/** The base may be left out, as the question gives it. */
function equalNumerals(gold: Kind<'numeral'>, answer: Answer): boolean {
  if (answer.kind === 'numeral') return gold.digits === answer.digits && gold.base === answer.base;
  return gold.digits === squeeze(answer.latex);
}

function equalWords(gold: Answer, answer: Answer): boolean {
  const words = plainWords(gold.latex);
  return words !== '' && words === plainWords(answer.latex);
}

/** In any order, each as often as one likes. */
function sameItems(gold: readonly Answer[], answer: readonly Answer[]): boolean {
  const includes = (items: readonly Answer[], item: Answer) => items.some((each) => equalAnswers(each, item));
  return (
    gold.every((item) => answer.some((each) => equalAnswers(item, each))) &&
    answer.every((item) => includes(gold, item))
  );
}

function sameSequence(gold: readonly Answer[], answer: readonly Answer[]): boolean {
  return gold.length === answer.length && gold.every((item, i) => equalAnswers(item, answer[i]));
}

/** The second of polar coordinates may be in degrees or in radians. */
function samePoint(gold: readonly Answer[], answer: readonly Answer[]): boolean {
  const isSame = (item: Answer, i: number) => equalAnswers(item, answer[i]) || sameAngle(item, answer[i]);
  const isDistanceAnAngle = gold.some(isInRadians) && isInDegrees(answer[0]);
  return gold.length === answer.length && !isDistanceAnAngle && gold.every(isSame);
}

function isInDegrees(answer: Answer | undefined): boolean {
  return answer?.kind === 'scalar' && answer.unit?.name === '°';
}

/** Multiples of π, where they are angles. */
function isInRadians(answer: Answer): boolean {
  return answer.kind === 'scalar' && answer.unit === null && /\\pi(?![a-zA-Z])/.test(answer.latex);
}

function sameAngle(a: Answer, b: Answer): boolean {
  if (a.kind !== 'scalar' || b.kind !== 'scalar') return false;
  const [degrees, radians] = a.unit?.name === '°' ? [a, b] : [b, a];
  if (degrees.unit?.name !== '°' || (radians.unit !== null && radians.unit.name !== 'rad')) return false;
  const turned = parseScalar(`(${readQuantity(degrees.latex).formula})\\cdot\\frac{\\pi}{180}`);
  return turned !== null && equalScalars(radians.scalar, turned);
}

function sameCoordinates(gold: Coordinates, answer: Coordinates): boolean {
  const isSame = (name: string, value: Answer) => answer.has(name) && equalAnswers(value, answer.get(name)!);
  return gold.size === answer.size && [...gold].every(([name, value]) => isSame(name, value));
}

function sameTable(gold: readonly Answer[][], answer: readonly Answer[][] | null): boolean {
  return answer !== null && gold.length === answer.length && gold.every((row, i) => sameSequence(row, answer[i]));
}
