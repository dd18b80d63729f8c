const functions = String.raw`\\(?:sin|cos|tan|cot|sec|csc)(?: ?\^ ?\{? ?-?\d ?\}?)?`;
const bare = new RegExp(`(${functions}) ?(-?[\\d.]+) ?°`, 'g');
const inBrackets = new RegExp(`(${functions}) ?[({]([^(){}]*°[^(){}]*)[)}]`, 'g');
const inExponent = /(?<=e ?\^ ?\{)([^{}]*°[^{}]*)(?=\})/g;
const phasor = /(?<=[\d)}] ?)\\angle ?(-?[\d.]+ ?°)/g;

/** Functions of degrees take them as such: sin 30° is sin(π/6). Other degrees are left. */
export function degreesInFunctions(text: string): string {
  if (!text.includes('°')) return text;
  return text
    .replace(phasor, '\\cdot e^{i($1)}')
    .replace(bare, (_, name, degrees) => `${name}(${inRadians(`${degrees}°`)})`)
    .replace(inBrackets, (_, name, argument) => `${name}(${inRadians(argument)})`)
    .replace(inExponent, inRadians);
}

function inRadians(formula: string): string {
  return formula.replace(/([\d.]+) ?°/g, '(\\frac{$1\\pi}{180})');
}
