import { closingBraces, splitOutside } from './brackets.ts';

type Rule = readonly [RegExp, string];

/** Thousands, while spaces can be told from separators: 10,\!080 and 10{,}080 and 10\,080. */
export const separators: readonly Rule[] = [
  [/(?<=\d)(?:\{,\}|,\s*\\!|\\[,;:! ])\s*(?=\d{3}(?!\d))/g, ''],
  [/\\\\ ?\[[\d.]+ ?[a-z]+\]/g, '\\\\'],
  [/(?<!\\)\\[,;:!> ]|~/g, ' '],
  [/\s+/g, ' '],
];

const words = String.raw`(?:\\text ?\{ ?)?`;
const base = String.raw`(\d+|[a-z]{3,})`;

/** Numbers with words: ordinals, millions, bases, what is left of a modulus. */
export const numbersWithWords: readonly Rule[] = [
  [/ ?\( ?(?:\\text ?\{ ?mod ?\}|mod) ?\d+ ?\)/g, ''],
  [/ ?\\p?mod(?: ?\{[^{}]*\}| ?\d+)/g, ''],
  [/(?<=\d) ?(?:st|nd|rd|th)(?![a-z])|\^ ?(?:\{ ?(?:st|nd|rd|th) ?\}|\{? ?\\text ?\{ ?(?:st|nd|rd|th) ?\} ?\}?)/g, ''],
  [/ ?\\text ?\{ ?(thousand|million|billion|trillion)(?![a-z])([^{}]*)\}/g, ' $1\\text{$2}'],
  [/(?<=\d) ?thousand(?![a-z])/g, '\\cdot 10^{3}'],
  [/(?<=\d) ?million(?![a-z])/g, '\\cdot 10^{6}'],
  [/(?<=\d) ?billion(?![a-z])/g, '\\cdot 10^{9}'],
  [/(?<=\d) ?trillion(?![a-z])/g, '\\cdot 10^{12}'],
  // 52_8 as `52 \text{ (base 8)}`, `52_{\text{base } 8}` and `(52)_8`.
  [
    new RegExp(String.raw`(?<=[\dA-F]\}?) ?_ ?\{? ?${words}\(? ?base[ -]?\}? ?${words}${base} ?\)?(?: ?\}){0,3}$`, 'g'),
    '_{\\text{$1}}',
  ],
  [
    new RegExp(
      String.raw`(?<=[\dA-F]\}?) ?\(? ?${words}\(? ?(?:in )?base[ -]?\}? ?${words}${base} ?\)?(?: ?[})]){0,2}$`,
      'g',
    ),
    '_{\\text{$1}}',
  ],
  [/^\(([\dA-F]+)\) ?_/g, '$1_'],
  [/_ ?\{? ?\((\d+)\) ?\}?$/g, '_{$1}'],
];

/** Mixed numbers and fractions as one types them. */
export const typedNumbers: readonly Rule[] = [
  [/(?<![\d.])(\d+) (\d+)\/(\d+)(?!\d)/g, '$1\\frac{$2}{$3}'],
  [/(?<![\d.^{/])(\d+)\/(\d+) (?=[a-zA-Z\\])/g, '\\frac{$1}{$2} '],
  [/\\log ?_ ?(\d+)/g, '\\log_{$1}'],
  [/\\overline ?(\d)/g, '\\overline{$1}'],
  [/\\frac ?(\d) ?(\d)/g, '\\frac{$1}{$2}'],
  [/(?<!\d)\.(?=\d)/g, '0.'],
];

const thousands = /(?<![\d.,])(\d{1,3}(?:,\d{3})+)(?!\d|,\d)/g;

/**
 * `58,500` is a number, and so are `11,111 \pi` and the numerator of `\frac{20,000}{\pi}`; in brackets and among other
 * commas a comma separates elements, as in (1,100) and `3,5,700`.
 */
export function joinThousands(text: string): string {
  const inside = joinInGroups(text);
  const { parts, at } = splitOutside(inside, (token) => token === ',');
  const groups = inside.match(thousands)?.join('').match(/,/g)?.length ?? 0;
  const isList = at.length !== groups && !/, /.test(inside);
  const joined = isList || /[([{]\s*[^()[\]{}]*,/.test(inside) || parts.length === 1 ? inside : withoutCommas(inside);
  return joined.replace(/^(-?\d{1,3}(?: \d{3})+)$/, (digits) => digits.replaceAll(' ', ''));
}

function withoutCommas(text: string): string {
  return text.replace(thousands, (digits) => digits.replaceAll(',', ''));
}

/** In the braces of LaTeX's arguments no comma separates anything. */
function joinInGroups(text: string): string {
  if (!text.includes(',')) return text;
  const groups = Array.from(closingBraces(text)).filter(([start]) =>
    /(?:\\[a-z]+ ?|[\^}\]])$/.test(text.slice(0, start)),
  );
  const inGroup = (index: number) => groups.some(([start, end]) => start < index && index < end);
  return text.replace(thousands, (digits, _, index) => (inGroup(index) ? digits.replaceAll(',', '') : digits));
}

const units = 'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen '
  .concat('seventeen eighteen nineteen')
  .split(' ');
const tens = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');

const scales = [
  ['million', 1e6],
  ['thousand', 1e3],
  ['hundred', 100],
] as const;

/** 27 of `twenty-seven`, 105 of `one hundred and five`; null of what is no whole number in words. */
export function numberInWords(text: string): number | null {
  return inScales(text.toLowerCase().replace(/(?<=hundred|thousand|million),? (?:and )?/g, ' '), 0);
}

/** What stands before the name of a scale counts as often, and what stands after it is added. */
function inScales(text: string, i: number): number | null {
  if (i === scales.length) return belowHundred(text.trim());
  const [name, size] = scales[i];
  const [before, after, ...more] = text.split(name);
  if (after === undefined) return inScales(before, i + 1);
  const [many, rest] = [inScales(before, i + 1), after.trim() === '' ? 0 : inScales(after, i + 1)];
  return many === null || rest === null || more.length > 0 ? null : many * size + rest;
}

function belowHundred(text: string): number | null {
  const [, ten, unit] = /^(?:([a-z]+ty)(?:[ -]|$))?([a-z]*)$/.exec(text) ?? [];
  const [high, low] = [ten ? tens.indexOf(ten) : undefined, unit ? units.indexOf(unit) : undefined];
  if (high === -1 || low === -1 || (high === undefined && low === undefined)) return null;
  if (high !== undefined && low !== undefined && (low === 0 || low > 9)) return null;
  return (high === undefined ? 0 : 10 * (high + 2)) + (low ?? 0);
}
