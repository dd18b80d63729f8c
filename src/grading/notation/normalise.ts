import { degreesInFunctions } from './angles.ts';
import { unwrap } from './brackets.ts';
import { oneNotation } from './commands.ts';
import { joinThousands, numbersWithWords, separators, typedNumbers } from './numerals.ts';
import { typedToLatex } from './typed.ts';
import { joinCompound, spellOutUnits } from './units.ts';

type Rule = readonly [RegExp, string];

/** Sets, and the words between their elements. */
const sets: readonly Rule[] = [
  [/\\begin ?\{cases\}([^&\\]*)\\\\([^&\\]*)(?:\\\\([^&\\]*))?\\end ?\{cases\}/g, '$1, $2, $3'],
  [/(?:, ?)?\\text ?\{ ?and ?\}|(?:, ?| )and /g, ', '],
  [/(?:, ?)?\\text ?\{ ?or ?\}|(?:, ?| )or /g, ' ∨ '],
  [/(?<=^|∈ ?)(?:all real numbers|\\text ?\{ ?all real numbers ?\})$/g, '\\mathbb{R}'],
  [/\\(?:mathbb|Bbb) ?(?:R|\{ ?R ?\})(?! ?[\^_])|\\R(?![a-zA-Z])/g, '(-\\infty, \\infty)'],
  [/(?<=\(-\\infty, \\infty\)) ?- ?(?=\\\{|[[(])/g, '∖'],
  // ]2, 3[ is how others write (2, 3).
  [/(?<=^ ?|[∪∩∈∉∖=(] ?)\](?=[^[\]∪]*[,;][^[\]∪]*[[\])])/g, '('],
  [/(?<=^ ?|[∪∩∈∉∖=] ?)([[(][^[\]∪]*[,;][^[\]∪]*)\[(?= ?(?:$|[∪∩∖,.]))/g, '$1)'],
];

const text: readonly Rule[] = [
  [/(?<!\\)\$/g, ''],
  [/\\?%| ?\\text ?\{ ?(?:percent|percentage|pct) ?\}| ?percent(?:age)?(?![a-z])/g, '%'],
  [/(?<=(?:^|[^a-zA-Z])(?:sq|cu|in|ft|yd|mi|hr|min|sec))\.(?=[\s^}]|$)/g, ''],
  // Text that is none.
  [/\\text ?\{ ?([a-zA-Z]|[^{}a-zA-Z\\]*) ?\}/g, '$1'],
];

const degrees: readonly Rule[] = [
  [/\^ ?(?:\{ ?\\circ ?\}|\\circ(?![a-zA-Z])|\{? ?\\text ?\{ ?[o°] ?\} ?\}?|\{ ?[o°] ?\}|[o°](?![a-zA-Z]))/g, '°'],
  [/° ?(?:[CF]|\\text ?\{ ?[CF] ?\})(?![a-zA-Z])/g, '°'],
];

/** Brings an answer in LaTeX to the form that `parseAnswer` reads. */
export function normalise(latex: string): string {
  const steps: ((text: string) => string)[] = [
    oneNotation,
    by(separators),
    by(degrees),
    joinCompound,
    by(sets),
    by(numbersWithWords),
    spellOutUnits,
    by(text),
    typedToLatex,
    by(typedNumbers),
    degreesInFunctions,
    trim,
    withoutBraces,
    joinThousands,
  ];
  return steps.reduce((text, step) => step(text), latex);
}

function by(rules: readonly Rule[]): (text: string) => string {
  return (text) => rules.reduce((changed, [pattern, replacement]) => changed.replace(pattern, replacement), text);
}

function trim(text: string): string {
  return text.replace(/^[\s=≈:]+|[\s.,;:]+$/g, '');
}

function withoutBraces(text: string): string {
  const around = text.startsWith('{') ? unwrap(text) : null;
  return around?.close === '}' ? withoutBraces(trim(around.inner)) : text;
}
