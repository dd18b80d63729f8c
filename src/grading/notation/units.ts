/** Units by one name of each, with how they are written; a plural s may follow. */
const spellings: Readonly<Record<string, string>> = {
  mm: 'mm millimeter millimetre',
  cm: 'cm centimeter centimetre',
  m: 'm meter metre',
  km: 'km kilometer kilometre',
  in: 'in inch inche',
  ft: 'ft foot feet',
  yd: 'yd yard',
  mi: 'mi mile',
  mg: 'mg milligram',
  g: 'g gram',
  kg: 'kg kilogram',
  lb: 'lb pound',
  oz: 'oz ounce',
  ton: 'ton tonne',
  ml: 'ml milliliter millilitre',
  L: 'L liter litre',
  gal: 'gal gallon',
  s: 's sec second',
  min: 'min minute',
  h: 'h hr hour',
  day: 'day',
  week: 'week wk',
  month: 'month',
  year: 'year yr',
  '°': '° deg degree',
  rad: 'rad radian',
  grad: 'grad gradian gon',
  $: '$ dollar usd buck',
  cent: 'cent penny pennie',
  '€': '€ euro',
  '£': '£',
  mph: 'mph',
  kph: 'kph',
  acre: 'acre',
};
const names = new Map(
  Object.entries(spellings).flatMap(([name, words]) => words.split(' ').map((word) => [word, name] as const)),
);

/** What is counted, which is no unit that could be another one. */
const counted = new Set(
  (
    'unit square sq cubic cu per percent point time way people student apple ball book coin game page each apiece total ' +
    'V N J W K A Hz'
  ).split(' '),
);

/** What changes the number before it. */
const noUnit =
  /(?<!\^ ?\{? ?-?)\d|\b(?:not?|or|more|less|least|most|greater|fewer|below|roots?|pi|factorial|half|dozen|hundred|tenths?|hundredths?|thousandths?)\b|^\s*(?:squared|cubed)\b/;

const greek = /^(?:alpha|beta|gamma|delta|epsilon|theta|kappa|lambda|sigma|omega)$/i;

const power = String.raw`(?: ?\^ ?\{? ?-?\d ?\}?)?`;
const textAtEnd = new RegExp(String.raw`^(.*[\d})a-zA-Z%|]) ?\\text ?\{((?:[^{}]|\{[^{}]*\})*)\}(${power})$`, 's');
const word = '[a-zA-Z]{2,}(?:/[a-zA-Z]{1,6})?';
const wordsAtEnd = new RegExp(String.raw`^(.*(?:[\d})]|\\pi)) ?(?<![a-zA-Z\\])(${word}(?: ${word})*)(${power})$`, 's');
const numberInText = /^\\text ?\{ ?(-?\d[\d.,/]*) ([a-zA-Z ]+)(?:\^ ?\{?(\d)\}?)? ?\}$/;
const sign = /°|\\?[$€£]|\busd\b/gi;

/** A formula without the units around it; `unit` is null where none is known, as of apples. */
export interface Quantity {
  formula: string;
  unit: Unit | null;
}

export interface Unit {
  /** Such as `cm` or `mi/h`. */
  name: string;
  /** 2 of a square; null where it is not written, as people leave it out. */
  power: number | null;
}

/** `864` and square inches of `864 \text{ inches}^2`, `5` of `5 cm`, of `\$5` and of `\text{5 apples}`. */
export function readQuantity(latex: string): Quantity {
  const [, number, ofText, powerInText] = numberInText.exec(latex) ?? [];
  if (number !== undefined) return { formula: number, unit: readUnit(ofText, powerInText ?? '') };
  const signs = latex.match(sign);
  let formula = latex.replace(sign, '').trim();
  let unit: Unit | null = signs && { name: nameOf(signs[0].replace('\\', '').toLowerCase()) ?? signs[0], power: null };
  for (let found = unitAtEnd(formula); found; found = unitAtEnd(formula)) {
    formula = found.formula;
    unit ??= found.unit;
  }
  return { formula, unit };
}

/** Whether two quantities are in units that exclude each other. */
export function areOtherUnits(a: Unit | null, b: Unit | null): boolean {
  if (!a || !b) return false;
  const [[top, bottom], [otherTop, otherBottom]] = [a.name.split('/'), b.name.split('/')];
  const isOther = top !== otherTop || (bottom && otherBottom && bottom !== otherBottom);
  return isOther || (a.power !== null && b.power !== null && a.power !== b.power);
}

function unitAtEnd(text: string): Quantity | null {
  const [, before, inText, powerOfText] = textAtEnd.exec(text) ?? [];
  if (inText !== undefined) {
    return noUnit.test(inText) ? null : { formula: before.trim(), unit: readUnit(inText, powerOfText) };
  }
  const [, number, words, powerOfWords] = wordsAtEnd.exec(text) ?? [];
  if (!words || noUnit.test(words) || !words.split(' ').every(isUnit)) return null;
  return { formula: number.trim(), unit: readUnit(words, powerOfWords) };
}

function isUnit(text: string): boolean {
  const [first] = text.split('/');
  const single = nameOf(first) ?? (counted.has(first.toLowerCase().replace(/s$/, '')) ? first : null);
  // Other words are too long for a product of variables.
  return single !== null || (first.length > 3 && !greek.test(first)) || first === 'squared' || first === 'cubed';
}

function nameOf(text: string): string | null {
  const single = text.replace(/(?<=..)s$/, '');
  return names.get(text) ?? names.get(single) ?? names.get(single.toLowerCase()) ?? null;
}

function readUnit(text: string, exponent: string): Unit | null {
  const [top, bottom] = text.replaceAll('\\', ' ').split(/\/| per /);
  const words = top.split(/[\s^{}.]+/).filter((each) => each !== '');
  const name = words.map(nameOf).find((each) => each !== null) ?? null;
  if (name === null) return null;
  const squares = words.some((each) => /^(?:sq|square|squared)$/.test(each)) ? 2 : null;
  const cubes = words.some((each) => /^(?:cu|cubic|cubed)$/.test(each)) ? 3 : null;
  const digits = /\d/.exec(exponent)?.[0] ?? words.find((each) => /^\d$/.test(each));
  const below = bottom === undefined ? null : nameOf(bottom.trim().split(/[\s^]/)[0]);
  return { name: below === null ? name : `${name}/${below}`, power: digits ? Number(digits) : (squares ?? cubes) };
}

const letters: Readonly<Record<string, string>> = { m: 'meters', g: 'grams', s: 'seconds', L: 'liters', h: 'hours' };

/** A letter in text after a number at the end is a unit, which would otherwise be read as a variable. */
export function spellOutUnits(text: string): string {
  return text.replace(
    /(?<=[\d})] ?)\\text ?\{ ?([mgsLVNJWKhA]) ?\}(?=(?: ?\^ ?\{? ?-?\d ?\}?)?[\s.]*$)/,
    (_, letter) => `\\text{ ${letters[letter] ?? 'units'}}`,
  );
}

/** Smaller units that follow larger ones, with how many there are in one. */
const parts: Readonly<Record<string, readonly [string, number]>> = {
  $: ['cent', 100],
  '€': ['cent', 100],
  h: ['min', 60],
  min: ['s', 60],
  '°': ['min', 60],
  ft: ['in', 12],
  lb: ['oz', 16],
  m: ['cm', 100],
};

/** `18 \text{ dollars and } 90 \text{ cents}` as a mixed number of dollars. */
export function joinCompound(text: string): string {
  const plain = text.replace(/\\text ?\{([^{}]*)\}/g, ' $1 ').replace(/\s+/g, ' ');
  const found = /^(.*[=≈] ?)?(?:\\?([$€]) ?)?(\d+) ?(°|[a-z]+)?,?(?: and)? (\d+) ?([a-z]+) ?\.?$/.exec(plain);
  if (!found) return text;
  const [, before = '', currency, whole, word, count, smaller] = found;
  const unit = currency ?? (word === undefined ? null : nameOf(word));
  const [part, many] = (unit === null ? null : parts[unit]) ?? ['', 0];
  return nameOf(smaller) === part ? `${before}${whole}\\frac{${count}}{${many}}\\text{ ${word ?? 'dollars'}}` : text;
}
