import { type Answer, parseAnswer } from './answer.ts';
import { commonFactor } from './scalar.ts';

export type Relation = Extract<Answer, { kind: 'relation' }>;
type AreEqual = (gold: Answer, answer: Answer) => boolean;

/**
 * Compares answers of which at least one is an equation, an inequality or says what something is in. An equation for a
 * name is as good as its value, `x = 5` as 5, and an inequality as its interval.
 */
export function equalRelations(gold: Answer, answer: Answer, areEqual: AreEqual): boolean {
  if (gold.kind !== 'relation') return answer.kind === 'relation' && equalToValue(gold, answer, areEqual);
  if (answer.kind === 'relation') return equalPair(gold, answer, areEqual);
  const value = isAssignment(gold) ? gold.sides[gold.sides.length - 1] : toInterval(gold)?.interval;
  return value !== undefined && areEqual(value, answer);
}

function equalToValue(gold: Answer, answer: Relation, areEqual: AreEqual): boolean {
  if (isEquation(answer)) return definedValues(answer).some((value) => areEqual(gold, value));
  const value = toInterval(answer)?.interval;
  return value !== undefined && areEqual(gold, value);
}

/** The last side of `n = 2 + 3 = 5`, the first of `5 = n`, both of `\sqrt{2} ≈ 1.4142`. */
function definedValues({ sides, relations }: Relation): Answer[] {
  const last = sides[sides.length - 1];
  if (isName(last) && !isName(sides[0])) return [sides[0]];
  const exact = sides.filter((side, i) => relations[i] === '≈' && !isName(side));
  return [...exact, last];
}

function equalPair(gold: Relation, answer: Relation, areEqual: AreEqual): boolean {
  if (isAssignment(gold) && isAssignment(answer) && sameText(gold.sides[0], answer.sides[0]))
    return areEqual(gold.sides[gold.sides.length - 1], answer.sides[answer.sides.length - 1]);
  const [first, second] = [toInterval(gold), toInterval(answer)];
  if (first && second && sameText(first.name, second.name)) return areEqual(first.interval, second.interval);
  return equivalent(gold, answer);
}

const turned: Readonly<Record<string, string>> = { '<': '>', '>': '<', '≤': '≥', '≥': '≤' };

/** Whether one relation is the other times a constant, with its sides moved. */
function equivalent(gold: Relation, answer: Relation): boolean {
  const [a, b] = gold.sides;
  const [c, d] = answer.sides;
  if (gold.sides.length !== 2 || answer.sides.length !== 2) return false;
  if (a.kind !== 'scalar' || b.kind !== 'scalar' || c.kind !== 'scalar' || d.kind !== 'scalar') return false;
  const factor = commonFactor([a.scalar, b.scalar], [c.scalar, d.scalar]);
  const [relation] = gold.relations;
  return factor !== 0 && answer.relations[0] === (factor < 0 ? (turned[relation] ?? relation) : relation);
}

function isEquation({ relations }: Relation): boolean {
  return relations.every((relation) => /[=≈∈]/.test(relation));
}

function isAssignment(relation: Relation): boolean {
  return isEquation(relation) && isName(relation.sides[0]);
}

const name =
  /^(?=.*[a-zA-Z])(?!\d)(?:\\text ?\{[^{}]*\}|\\(?!frac|sqrt|[cl]?dots|pi\b|infty|sin|cos|tan|cot|log|ln)[a-zA-Z]+|\^ ?\{ ?-1 ?\}|[a-zA-Z0-9_{}()|', ])+$/;

/** What an equation may define: `x`, `f(x)`, `(x, y)`, `\angle ABC`, `\text{Area}`. */
function isName({ latex }: Answer): boolean {
  return latex.length < 60 && name.test(latex) && latex !== 'e' && latex !== 'i';
}

function sameText(a: Answer, b: Answer): boolean {
  return a.latex.replace(/\s/g, '') === b.latex.replace(/\s/g, '');
}

/** What a name lies in: (2, ∞) for `x > 2`, [1, 3) for `1 \le x < 3` and `x \in [1, 3)`. */
function toInterval({ sides, relations }: Relation): { name: Answer; interval: Answer } | null {
  const at = sides.findIndex(isName);
  if (at === 0 && relations.length === 1 && relations[0] === '∈') return { name: sides[0], interval: sides[1] };
  const rising = relations.every((relation) => /[<≤]/.test(relation));
  if (at < 0 || (!rising && !relations.every((relation) => /[>≥]/.test(relation)))) return null;
  if (sides.length > 3 || (sides.length === 3 && at !== 1)) return null;
  const bounds = [end(sides, relations, at - 1, at - 1), end(sides, relations, at + 1, at)];
  const [low, high] = rising ? bounds : bounds.reverse();
  const left = low ? `${low.open ? '(' : '['}${low.latex}` : '(-\\infty';
  const right = high ? `${high.latex}${high.open ? ')' : ']'}` : '\\infty)';
  return { name: sides[at], interval: parseAnswer(`${left}, ${right}`) };
}

function end(sides: readonly Answer[], relations: readonly string[], side: number, relation: number) {
  if (!sides[side]) return null;
  return { latex: sides[side].latex, open: /[<>]/.test(relations[relation]) };
}
