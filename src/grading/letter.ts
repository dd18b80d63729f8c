import { boxedAnswer } from './extract.ts';

const letter = String.raw`(?<letter>\([A-D]\)|[A-D])`;
const ending = String.raw`(?:\*\*)?(?:[.,: ]|\n?$)`;
const alone = String.raw`(?:^| )(?:\*\*)?${letter}${ending}`;
const answer = anyCase('answer');

/** What may be around a letter: LaTeX, bold, code, brackets. At least one of them, and one that closes. */
const opening = String.raw`(?:\$|\\[([]|[*_\x60{([]|<(?:b|strong|code)>|\\(?:text|math|boxed|fbox)[a-z]{0,8}\s?\{|\s)`;
const wrapped = String.raw`\s{0,5}(?=\S)${opening}{1,12}(?<letter>[A-D])(?=[)}\]*_\x60$.:<\\])`;

/**
 * What lighteval's `IndicesExtractionConfig` looks for (`lazy_indices_regex` of extractive_match_utils.py), and
 * simple-evals's `ANSWER_PATTERN_MULTICHOICE`, which comes in with "answer:". The first line that has a match counts.
 * Spaces are bounded, so that each pattern takes time in proportion to the text.
 */
const patterns: readonly (readonly RegExp[])[] = [
  [new RegExp(`${anyCase('final answer is')}:?\\s{0,20}${letter}\\.?\\s?I hope`, 'g')],
  [new RegExp(`${anyCase('final answer')}.{0,100}?\\s{1,20}${anyCase('is')}:?\\s{0,20}${letter}`, 'g')],
  [
    new RegExp(`${answer}:.{0,50}?${alone}`, 'g'),
    /answer[ \t]{0,20}:[ \t]{0,20}\$?(?<letter>[A-D])\$?/gi,
    new RegExp(`${answer}[}*_]{0,4}\\s{0,5}:[*_]{0,4}${wrapped}`, 'g'),
  ],
  [
    new RegExp(`${answer}.{0,50}?${alone}`, 'g'),
    new RegExp(`${answer}[*_]{0,4} {1,5}${anyCase('is')}:?(?: (?:option|choice|letter))?${wrapped}`, 'g'),
  ],
  [new RegExp(`^(?:\\*\\*)?${letter}${ending}`, 'g')],
  [new RegExp(`\\n(?:\\*\\*)?${letter}${ending}`, 'g')],
];

/** `(B) 5 m` and `B. 5 m`. */
const letterBeforeText = /^(?:\\text\{)?\s{0,9}\(?([A-D])[).:]\s/;

/** The letter from A to D that a model chose; null where it chose none. A box counts where nothing else does. */
export function extractLetter(text: string): string | null {
  for (const alternatives of patterns) {
    const matches = alternatives.flatMap((pattern) => Array.from(text.matchAll(pattern)));
    if (matches.length > 0) return bareLetter(matches.reduce(furthest).groups?.letter ?? '');
  }
  const boxed = boxedAnswer(text);
  return boxed === null ? null : bareLetter(letterBeforeText.exec(boxed)?.[1] ?? boxed);
}

/** `A` of `(A)`, `\text{(A)}`, `a.` and their like; null of anything else. */
export function bareLetter(text: string): string | null {
  const bare = /^[\s({]*(?:\\[a-z]+\s?\{)?[\s({]*([A-Da-d])[\s)}.]*$/.exec(text.slice(0, 100));
  return bare ? bare[1].toUpperCase() : null;
}

function furthest(a: RegExpExecArray, b: RegExpExecArray): RegExpExecArray {
  const end = (match: RegExpExecArray) => match.index + match[0].length;
  return end(b) > end(a) ? b : a;
}

/** `is` as `[iI][sS]`: a flag would let lower-case letters through as choices. */
function anyCase(text: string): string {
  return text.replace(/[a-z]/g, (character) => `[${character}${character.toUpperCase()}]`);
}
