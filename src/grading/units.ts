/** Words after a number that say of what, without their plural s. Single letters would be variables. */
const unitWords = new Set(
  (
    'cm mm km kg mg ml ft inch inche foot feet yard mile mph kph meter metre centimeter kilometer liter litre gallon ' +
    'gram pound ounce second sec minute min hour hr day week month year degree deg radian rad dollar cent euro unit ' +
    'square sq cubic cu per percent point time way people student apple ball book coin game page ton acre'
  ).split(' '),
);

/** What changes the number before it. */
const noUnit =
  /(?<!\^ ?\{? ?-?)\d|\b(?:not?|or|more|less|least|most|greater|fewer|below|squared|cubed|roots?|pi|factorial|half|dozen|hundred|tenths?|hundredths?|thousandths?)\b/;

const greek = /^(?:alpha|beta|gamma|delta|epsilon|theta|kappa|lambda|sigma|omega)$/i;

const power = String.raw`(?: ?\^ ?\{? ?-?\d ?\}?)?`;
const textAtEnd = new RegExp(String.raw`^(.*[\d})a-zA-Z%]) ?\\text ?\{((?:[^{}]|\{[^{}]*\})*)\}${power}$`, 's');
const word = '[a-zA-Z]{2,}(?:/[a-zA-Z]{1,6})?';
const wordsAtEnd = new RegExp(String.raw`^(.*(?:[\d})]|\\pi)) ?(?<![a-zA-Z\\])(${word}(?: ${word})*)${power}$`, 's');
const numberInText = /^\\text ?\{ ?(-?\d[\d.,/]*) [a-zA-Z ]+\}$/;

/** The answer without the units after it: `864` of `864 \text{ inches}^2`, `5` of `5 cm` and of `\text{5 apples}`. */
export function withoutUnits(latex: string): string {
  const number = numberInText.exec(latex);
  if (number) return number[1];
  let text = latex;
  for (let found = unitAtEnd(text); found; found = unitAtEnd(text)) text = found;
  return text;
}

function unitAtEnd(text: string): string | null {
  const inText = textAtEnd.exec(text);
  if (inText) return noUnit.test(inText[2]) ? null : inText[1];
  const [, number, words] = wordsAtEnd.exec(text) ?? [];
  return words && !noUnit.test(words) && words.split(' ').every(isUnit) ? number : null;
}

/** A known unit, also with another one it is divided by, or a word that is too long for a product of variables. */
function isUnit(word: string): boolean {
  const [unit] = word.toLowerCase().split('/');
  return unitWords.has(unit.replace(/s$/, '')) || (unit.length > 3 && !greek.test(unit));
}
