import type { Answer } from './answer.ts';
import { complement, equalRegions, intersection, interval, point, type Region, union } from './region.ts';
import { linearIn, parseScalar, type Scalar } from './scalar.ts';

type Kind<K extends Answer['kind']> = Extract<Answer, { kind: K }>;

/** A set of real numbers and the variable that is in it; null where it has none, as an interval. */
interface Solutions {
  region: Region;
  variable: string | null;
}

/** Whether both are the same set of real numbers: `0 < x < 9, x ≠ 4` is `(0,4) ∪ (4,9)`. */
export function sameSolutions(gold: Answer, answer: Answer): boolean {
  if (!isSet(gold) || !isSet(answer) || (gold.kind === 'tuple' && answer.kind === 'tuple')) return false;
  const [a, b] = [solutions(gold), solutions(answer)];
  if (!a || !b || a.region.length === 0) return false;
  const areOneVariable = a.variable === null || b.variable === null || a.variable === b.variable;
  return areOneVariable && equalRegions(a.region, b.region);
}

/** What may be read as a set of real numbers without being an equation or a list of numbers. */
function isSet(answer: Answer): boolean {
  if (answer.kind === 'list') return answer.items.every(isSet);
  if (answer.kind === 'relation') return answer.relations.some((relation) => /[<>≤≥≠∈∉]/.test(relation));
  return /^(?:interval|tuple|union|combination)$/.test(answer.kind);
}

function solutions(answer: Answer): Solutions | null {
  switch (answer.kind) {
    case 'relation':
      return ofRelation(answer);
    case 'list':
      return ofList(answer);
    case 'union':
      return together(answer.items.map(solutions), union);
    case 'combination':
      return answer.items.slice(1).reduce<Solutions | null>((left, item, i) => {
        const combine = answer.operators[i] === '∩' ? intersection : without;
        return together([left, solutions(item)], combine);
      }, solutions(answer.items[0]));
    case 'interval':
    case 'tuple':
      return ofEnds(answer);
    case 'set':
    case 'scalar':
      return ofPoints(answer.kind === 'set' ? answer.items : [answer]);
    default:
      return null;
  }
}

/** Conditions hold together, but those that cannot, and those with "or" between them, are alternatives. */
function ofList({ items, alternatives }: Kind<'list'>): Solutions | null {
  const all = items.map(solutions);
  const both = alternatives ? null : together(all, intersection);
  return both && both.region.length > 0 ? both : together(all, union);
}

function together(all: readonly (Solutions | null)[], combine: (...regions: Region[]) => Region): Solutions | null {
  if (!all.every((each) => each !== null)) return null;
  const variables = new Set(all.flatMap(({ variable }) => variable ?? []));
  if (variables.size > 1) return null;
  return { region: combine(...all.map(({ region }) => region)), variable: [...variables][0] ?? null };
}

function without(region: Region, taken: Region): Region {
  return intersection(region, complement(taken));
}

function ofEnds(answer: Kind<'interval' | 'tuple'>): Solutions | null {
  const [low, high] = answer.items.map(realValue);
  const [open, close] = answer.kind === 'interval' ? answer.brackets : '()';
  if (answer.items.length !== 2 || low === null || high === null) return null;
  const region = interval(low, high, open, close);
  return region && { region, variable: null };
}

function ofPoints(items: readonly Answer[]): Solutions | null {
  const points = items.map(realValue);
  if (!points.every((each) => each !== null)) return null;
  return { region: union(...points.map(point)), variable: null };
}

function realValue(answer: Answer): number | null {
  if (answer.kind !== 'scalar') return null;
  const { infinity, values, unknowns } = answer.scalar;
  if (infinity) return infinity * Infinity;
  return unknowns.length === 0 && values[0]?.im === 0 ? values[0].re : null;
}

/** Each two neighbours of `a < b ≤ c` are a condition. */
function ofRelation({ sides, relations }: Kind<'relation'>): Solutions | null {
  return together(
    relations.map((relation, i) => ofPair(sides[i], relation, sides[i + 1])),
    intersection,
  );
}

function ofPair(left: Answer, relation: string, right: Answer): Solutions | null {
  if (relation === '∈' || relation === '∉') {
    const set = /^[a-zA-Z]$/.test(left.latex) ? solutions(right) : null;
    return set && { region: relation === '∈' ? set.region : complement(set.region), variable: left.latex };
  }
  if (left.kind !== 'scalar' || right.kind !== 'scalar') return null;
  if (/^\|[^|]+\|$/.test(left.latex)) return ofSize(left.latex, relation, right.scalar);
  if (/^\|[^|]+\|$/.test(right.latex)) return ofSize(right.latex, turned[relation] ?? relation, left.scalar);
  return ofSquare(left.latex, relation, right.scalar) ?? ofLinear(left.scalar, relation, right.scalar, 1);
}

const turned: Readonly<Record<string, string>> = { '<': '>', '>': '<', '≤': '≥', '≥': '≤' };

/** |x - 2| < 3 is -3 < x - 2 < 3. */
function ofSize(absolute: string, relation: string, bound: Scalar): Solutions | null {
  const inner = parseScalar(absolute.slice(1, -1));
  if (!inner || bound.unknowns.length > 0) return null;
  const above = ofLinear(inner, relation, bound, 1);
  const below = ofLinear(inner, turned[relation] ?? relation, bound, -1);
  return together([above, below], /[<≤≠]/.test(relation) ? intersection : union);
}

/** x² < 3 is |x| < √3. */
function ofSquare(latex: string, relation: string, bound: Scalar): Solutions | null {
  const [, base] = /^([a-zA-Z]|\([^()]+\)) ?\^ ?\{2\}$/.exec(latex) ?? [];
  const root = base && bound.values[0] && bound.values[0].re > 0 ? parseScalar(`\\sqrt{${bound.values[0].re}}`) : null;
  return root && bound.unknowns.length === 0 ? ofSize(`|${base}|`, relation, root) : null;
}

/** Where a linear formula stands in a relation to a number times `sign`. */
function ofLinear(left: Scalar, relation: string, right: Scalar, sign: 1 | -1): Solutions | null {
  const line = linearIn(left, right, sign);
  if (!line) return null;
  const { variable, slope, root } = line;
  const lower = interval(-Infinity, root, '(', /[≤≥]/.test(relation) ? ']' : ')');
  const upper = interval(root, Infinity, /[≤≥]/.test(relation) ? '[' : '(', ')');
  if (relation === '=') return { region: point(root), variable };
  if (relation === '≠') return { region: complement(point(root)), variable };
  if (!/[<>≤≥]/.test(relation)) return null;
  const region = /[<≤]/.test(relation) === slope > 0 ? lower : upper;
  return region && { region, variable };
}
