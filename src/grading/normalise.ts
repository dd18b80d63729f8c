import { unwrap } from './brackets.ts';

/**
 * Ways of writing LaTeX that mean the same, brought to one. The order matters. Relations and set operations become
 * single characters, so that an answer can be taken apart at them.
 */
const rules: readonly (readonly [RegExp, string])[] = [
  // Layout, sizes and fonts.
  [/\\(?:displaystyle|textstyle|limits|nolimits|quad|qquad|checkmark|left|right|[bB]igg?[lrm]?)(?![a-zA-Z])\.?/g, ' '],
  [
    /\\(?:math(?:rm|bf|it|sf|tt)|boldsymbol|underline|text(?:bf|it|rm|sf|normal)|[mh]box|operatorname\*?)(?![a-zA-Z])/g,
    '\\text',
  ],
  [/\\[dtc]frac(?![a-zA-Z])/g, '\\frac'],
  [/\\[dt]binom(?![a-zA-Z])/g, '\\binom'],

  // Characters that stand for commands, commands for characters, and tags of HTML.
  [/(?<!\\)\\[()]|<\/?(?:b|i|em|strong)>/g, ''],
  [/<sub>([^<>]*)<\/sub>/g, '_{$1}'],
  [/<sup>([^<>]*)<\/sup>/g, '^{$1}'],
  [/[−–]/g, '-'],
  [/×/g, '\\times '],
  [/[·⋅]/g, '\\cdot '],
  [/÷/g, '\\div '],
  [/π/g, '\\pi '],
  [/∞/g, '\\infty '],
  [/√/g, '\\sqrt '],
  [/\\bar(?= ?\{? ?\d)/g, '\\overline'],
  [/\\overline ?(\d)/g, '\\overline{$1}'],
  [/\\varnothing(?![a-zA-Z])|\\\{ ?\\\}/g, '\\emptyset'],
  [/\\lbrace(?![a-zA-Z])/g, '\\{'],
  [/\\rbrace(?![a-zA-Z])/g, '\\}'],
  [/\\l?brack(?![a-zA-Z])/g, '['],
  [/\\rbrack(?![a-zA-Z])/g, ']'],

  // Thousands, while spaces can be told from separators: 10,\!080 and 10{,}080 and 10\,080.
  [/(?<=\d)(?:\{,\}|,\s*\\!|\\[,;:! ])\s*(?=\d{3}(?!\d))/g, ''],
  [/\\\\ ?\[[\d.]+ ?[a-z]+\]/g, '\\\\'],
  [/(?<!\\)\\[,;:!> ]|~/g, ' '],
  [/\s+/g, ' '],

  // Relations and sets.
  [/\\(?:leq?|leqslant)(?![a-zA-Z])|<=/g, '≤'],
  [/\\(?:geq?|geqslant)(?![a-zA-Z])|>=/g, '≥'],
  [/\\lt(?![a-zA-Z])/g, '<'],
  [/\\gt(?![a-zA-Z])/g, '>'],
  [/\\neq?(?![a-zA-Z])/g, '≠'],
  [/\\(?:approx|simeq)(?![a-zA-Z])/g, '≈'],
  [/:=|\\coloneqq?(?![a-zA-Z])/g, '='],
  [/\\in(?![a-zA-Z])/g, '∈'],
  [/\\(?:big)?cup(?![a-zA-Z])/g, '∪'],
  [/\\[pm][pm](?![a-zA-Z])/g, '±'],
  [/ ?\\p?mod(?: ?\{[^{}]*\}| ?\d+)/g, ''],
  [/\\equiv(?![a-zA-Z])/g, '='],
  [/(?:, ?)?\\text ?\{ ?(?:and|or) ?\}|(?:, ?| )(?:and|or) /g, ', '],

  [
    /(?<=^|∈ ?)(?:\\mathbb ?(?:R|\{ ?R ?\})|all real numbers|\\text ?\{ ?all real numbers ?\})$/g,
    '(-\\infty, \\infty)',
  ],

  // Degrees are numbers of degrees, but to a function of angles.
  [/\^ ?(?:\{ ?\\circ ?\}|\\circ(?![a-zA-Z]))|\\degree(?![a-zA-Z])|º/g, '°'],
  [/° ?(?:[CF]|\\text ?\{ ?[CF] ?\})(?![a-zA-Z])/g, '°'],
  [/(\\(?:sin|cos|tan|cot|sec|csc)(?: ?\^ ?\{? ?\d ?\}?)?) ?(-?[\d.]+) ?°/g, '$1(\\frac{$2\\pi}{180})'],
  [/(\\(?:sin|cos|tan|cot|sec|csc)(?: ?\^ ?\{? ?\d ?\}?)?) ?[({] ?(-?[\d.]+) ?° ?[)}]/g, '$1(\\frac{$2\\pi}{180})'],

  // Ordinal numbers.
  [/\^ ?(?:\{ ?(?:st|nd|rd|th) ?\}|\{? ?\\text ?\{ ?(?:st|nd|rd|th) ?\} ?\}?)/g, ''],

  // Large numbers in words.
  [/ ?\\text ?\{ ?(thousand|million|billion|trillion)(?![a-z])([^{}]*)\}/g, ' $1\\text{$2}'],
  [/(?<=\d) ?thousand(?![a-z])/g, '\\cdot 10^{3}'],
  [/(?<=\d) ?million(?![a-z])/g, '\\cdot 10^{6}'],
  [/(?<=\d) ?billion(?![a-z])/g, '\\cdot 10^{9}'],
  [/(?<=\d) ?trillion(?![a-z])/g, '\\cdot 10^{12}'],

  // What changes nothing: signs of degrees and currencies, units of one letter, text that is none.
  [/°/g, ''],
  [/\\?\$|[£€¢]|\\(?:pounds|euro)(?![a-zA-Z])/g, ''],
  [/(?<=[\d})] ?)\\text ?\{ ?[mgsLVNJWKhA] ?\}(?: ?\^ ?\{? ?-?\d ?\}?)?[\s.]*$/g, ''],
  [/\\?%| ?\\text ?\{ ?(?:percent|percentage|pct) ?\}| ?percent(?:age)?(?![a-z])/g, '%'],
  [/\\text ?\{ ?([a-zA-Z]|[^{}a-zA-Z\\]*) ?\}/g, '$1'],

  // Formulas as one types them.
  [/(?<![\\a-zA-Z])sqrt ?\(([^()]*)\)/g, '\\sqrt{$1}'],
  [/(?<![\\a-zA-Z])(pi|sqrt|infty)(?![a-zA-Z])/g, '\\$1 '],
  [/(?<![\\a-zA-Z])infinity(?![a-zA-Z])/g, '\\infty '],
  [/(?<![\d.])(\d+) (\d+)\/(\d+)(?!\d)/g, '$1\\frac{$2}{$3}'],
  [/(?<![\d.^{/])(\d+)\/(\d+) (?=[a-zA-Z\\])/g, '\\frac{$1}{$2} '],
  [/\^ ?(-?\d+)/g, '^{$1}'],
  [/\\log ?_ ?(\d)/g, '\\log_{$1}'],
  [/\\frac ?(\d) ?(\d)/g, '\\frac{$1}{$2}'],
  [/(?<!\d)\.(?=\d)/g, '0.'],
];

/** Brings an answer in LaTeX to the form that `parseAnswer` reads. */
export function normalise(latex: string): string {
  const tidy = rules.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), latex);
  return joinThousands(withoutBraces(trim(tidy)));
}

function trim(text: string): string {
  return text.replace(/^[\s=≈:]+|[\s.,;:]+$/g, '');
}

function withoutBraces(text: string): string {
  const around = text.startsWith('{') ? unwrap(text) : null;
  return around?.close === '}' ? withoutBraces(trim(around.inner)) : text;
}

/**
 * `58,500` is a number, and so is `11,111 \pi`; in brackets and among other commas a comma separates elements, as in
 * (1,100) and `3,5,700`.
 */
function joinThousands(text: string): string {
  if (/[([{]\s*[^()[\]{}]*,/.test(text)) return text;
  const separators = /(?<![\d.,])(\d{1,3}(?:,\d{3})+)(?![\d,])/g;
  const joined = text.replace(separators, (digits) => digits.replaceAll(',', ''));
  return joined.replace(/^(-?\d{1,3}(?: \d{3})+)$/, (digits) => digits.replaceAll(' ', ''));
}
