import { writeOutDots } from './dots.ts';
import { isPair, splitOutside, unwrap } from './notation/brackets.ts';
import { numberInWords } from './notation/numerals.ts';
import { readQuantity, type Unit } from './notation/units.ts';
import { parseScalar, type Scalar } from './scalar.ts';

/** An answer by its parts. `latex` is what it was read from. */
export type Answer = { latex: string } & (
  | { kind: 'scalar'; scalar: Scalar; unit: Unit | null }
  /** A numeral whose base is given, such as 52_8. */
  | { kind: 'numeral'; digits: string; base: number }
  | { kind: 'words'; words: string }
  /** Elements without brackets, or in braces: their order does not matter. */
  | { kind: 'set'; items: Answer[] }
  | { kind: 'list'; items: Answer[]; alternatives: boolean }
  /** Elements in round brackets. Two of them may be the ends of an open interval as well. */
  | { kind: 'tuple'; items: Answer[] }
  /** Two ends of which at least one is in a square bracket. */
  | { kind: 'interval'; items: Answer[]; brackets: string }
  | { kind: 'union'; items: Answer[] }
  /** Sets with the operations between them: ∩ and ∖. */
  | { kind: 'combination'; items: Answer[]; operators: string[] }
  | { kind: 'matrix'; rows: Answer[][] }
  /** Sides with the relations between them: = ≈ ∈ ∉ < > ≤ ≥ ≠. */
  | { kind: 'relation'; sides: Answer[]; relations: string[] }
  /** None of these. */
  | { kind: 'unknown' }
);

const deepest = 20;
const mostItems = 200;

/** Reads what `normalise` gives. */
export function parseAnswer(latex: string, depth = 0): Answer {
  if (depth > deepest) return { kind: 'unknown', latex };
  const inner = (text: string) => parseAnswer(text, depth + 1);
  return (
    parseList(latex, inner) ??
    parseRelation(latex, inner) ??
    parseUnion(latex, inner) ??
    parseCombination(latex, inner) ??
    parseMatrix(latex, inner) ??
    parseBracketed(latex, inner) ??
    parseAtom(latex)
  );
}

/** Whether all of it means something. */
export function isUnderstood(answer: Answer): boolean {
  switch (answer.kind) {
    case 'unknown':
      return false;
    case 'relation':
      // Names that stand on the left need not be scalars.
      return answer.sides.some(isUnderstood);
    case 'matrix':
      return answer.rows.flat().every(isUnderstood);
    case 'list':
    case 'set':
    case 'tuple':
    case 'interval':
    case 'union':
    case 'combination':
      return answer.items.every(isUnderstood);
    default:
      return true;
  }
}

type ParseInner = (latex: string) => Answer;

/** `1, 2`, `1; 2` and `1 ∨ 2`, which says "or"; `1 \pm 2` is a list of two. */
function parseList(latex: string, parse: ParseInner): Answer | null {
  const { parts, at } = splitOutside(latex, (token) => /^[,;∨]$/.test(token));
  const elements = parts.flatMap(spellOut);
  if (elements.length === 1 || elements.length > mostItems) return null;
  return { kind: 'list', latex, items: elements.map(parse), alternatives: at.includes('∨') };
}

/** What brackets hold is spelled out when it is read. */
function spellOut(element: string): string[] {
  const parts = element.split('±');
  return parts.length === 2 && !unwrap(element) ? [parts.join('+').replace(/^\+/, ''), parts.join('-')] : [element];
}

const relations = /^[=≈∈∉<>≤≥≠]$/;

function parseRelation(latex: string, parse: ParseInner): Answer | null {
  const { parts, at } = splitOutside(latex, (token) => relations.test(token));
  if (at.length === 0 || parts.length > mostItems) return null;
  return { kind: 'relation', latex, sides: parts.map(parse), relations: at };
}

function parseUnion(latex: string, parse: ParseInner): Answer | null {
  const { parts } = splitOutside(latex, (token) => token === '∪');
  if (parts.length === 1 || parts.length > mostItems) return null;
  return { kind: 'union', latex, items: parts.map(parse) };
}

function parseCombination(latex: string, parse: ParseInner): Answer | null {
  const { parts, at } = splitOutside(latex, (token) => token === '∩' || token === '∖');
  if (parts.length === 1 || parts.length > mostItems) return null;
  return { kind: 'combination', latex, items: parts.map(parse), operators: at };
}

const environment = /^\\begin ?\{((?:[pbB]|small)?matrix|array)\} ?(?:\{[lcr| ]*\})?(.*)\\end ?\{\1\}$/s;
const transposed = / ?\^ ?\{? ?(?:[Tt]|\\top|\\text ?\{ ?T ?\}|\\intercal) ?\}?$/;

const factorBehind = /^(\\begin.*\\end ?\{[a-z]+\}) ?\\(?:cdot|times) ?([^&,]+)$/s;

/** A matrix, which a factor may precede, `-\begin{pmatrix} 1 \\ 0 \end{pmatrix}`, or a T follow. */
function parseMatrix(latex: string, parse: ParseInner): Answer | null {
  const turned = latex.replace(transposed, '').replace(factorBehind, '$2\\cdot $1');
  const [, factor, matrix] = /^([^,&]*?)((?:[([] ?)?\\begin.*)$/s.exec(turned) ?? [];
  if (matrix === undefined) return parseColumn(latex, parse);
  const around = unwrap(matrix);
  const [, , body] = environment.exec(around && /^[([]$/.test(around.open) ? around.inner : matrix) ?? [];
  if (body === undefined) return null;
  const lines = splitOutside(body.trim().replace(/\\\\$/, ''), (token) => token === '\\\\').parts;
  const cells = lines.map((line) => splitOutside(line, (token) => token === '&').parts);
  const rows = cells.map((row) =>
    row.map((cell) => parse(factor === '' ? cell : `${factor.replace(/\\cdot ?$/, '')}(${cell})`)),
  );
  return { kind: 'matrix', latex, rows: transposed.test(latex) ? transpose(rows) : rows };
}

/** `(1, 2)^T` */
function parseColumn(latex: string, parse: ParseInner): Answer | null {
  const around = transposed.test(latex) ? unwrap(latex.replace(transposed, '')) : null;
  if (!around || !/^[([]$/.test(around.open)) return null;
  return {
    kind: 'matrix',
    latex,
    rows: splitOutside(around.inner, (token) => token === ',').parts.map((part) => [parse(part)]),
  };
}

function transpose<T>(rows: readonly T[][]): T[][] {
  return rows[0].map((_, column) => rows.flatMap((row) => row.slice(column, column + 1)));
}

/** `\{x : x > 2\}` and `\{x \mid x > 2\}` say which x. */
const builder = /^([a-zA-Z])(?: ?∈ ?\(-\\infty ?, \\infty\))? ?(?::|\\mid(?![a-zA-Z])|\|) ?([^|]*[<>≤≥≠∈].*)$/s;

function parseBracketed(latex: string, parse: ParseInner): Answer | null {
  const around = unwrap(latex);
  if (!around || around.open.startsWith('\\begin')) return null;
  const { open, inner, close } = around;
  if (open === '{' && close === '}') return parse(inner);
  const [, , condition] = (open === '\\{' && builder.exec(inner)) || [];
  if (condition !== undefined) return parse(condition);
  const content = parse(inner);
  const items = content.kind === 'list' ? content.items : [content];
  if (open === '\\{' && close === '\\}') return { kind: 'set', latex, items };
  if (items.length === 1) return open === '(' && close === ')' ? { ...content, latex } : null;
  if ((open === '(' || open === '\\langle') && (isPair(open, close) || close === '\\rangle'))
    return { kind: 'tuple', latex, items };
  const isInterval = items.length === 2 && /^[([]$/.test(open) && /^[)\]]$/.test(close);
  return isInterval ? { kind: 'interval', latex, items, brackets: open + close } : null;
}

const numeral = /^([0-9A-Z]+) ?_ ?(?:\{? ?(\d+) ?\}?|\{? ?(?:\\text ?)?\{ ?([a-z]+|\d+) ?\} ?\}?)$/;

function parseAtom(latex: string): Answer {
  const [, digits, base, word = ''] = numeral.exec(latex) ?? [];
  if (digits && /\d/.test(digits)) {
    const value = Number(base ?? numberInWords(word) ?? word);
    if (value > 1) return { kind: 'numeral', latex, digits, base: value };
  }
  const { formula, unit } = readQuantity(latex);
  const number = numberInWords(/^\\text ?\{([^{}]*)\}$/.exec(formula)?.[1] ?? formula);
  if (/\\text ?\{/.test(formula) && number === null) return { kind: 'words', latex, words: plainWords(formula) };
  const scalar = parseScalar(number === null ? (writeOutDots(formula) ?? formula) : String(number));
  return scalar ? { kind: 'scalar', latex, scalar, unit } : { kind: 'unknown', latex };
}

/** The letters and digits of a text, in lower case: what is compared where one side is words. */
export function plainWords(latex: string): string {
  return latex
    .replace(/\\[a-zA-Z]+/g, '')
    .replace(/\b(?:an?|the)\s+(?=\p{L}{2})/giu, '')
    .replace(/[^\p{L}\p{N}]+/gu, '')
    .toLowerCase();
}
