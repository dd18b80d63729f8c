import { closing } from './brackets.ts';

/** Functions that LaTeX has a command for, and other names of theirs. */
const functions = new Map(
  (
    'sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh coth ln log lg exp sqrt cbrt abs floor ceil cis gcd lcm ' +
    'asin=arcsin acos=arccos atan=arctan arcsec arccsc arccot tg=tan ctg=cot cotan=cot cosec=csc arctg=arctan ' +
    'sign=sgn binom comb=binom nCr=binom pow pi theta infty infinity=infty inf=infty oo=infty'
  )
    .split(' ')
    .map((entry) => entry.split('='))
    .map(([name, command = name]) => [name, command]),
);

/** How LaTeX writes a function whose command does not take its argument in round brackets. */
const forms: Readonly<Record<string, (...args: string[]) => string>> = {
  sqrt: (x) => `\\sqrt{${x}}`,
  cbrt: (x) => `\\sqrt[3]{${x}}`,
  exp: (x) => `\\exp(${x})`,
  abs: (x) => `|(${x})|`,
  floor: (x) => `\\lfloor ${x}\\rfloor `,
  ceil: (x) => `\\lceil ${x}\\rceil `,
  cis: (x) => `(\\cos(${x})+i\\sin(${x}))`,
  arcsec: (x) => `\\arccos(\\frac{1}{${x}})`,
  arccsc: (x) => `\\arcsin(\\frac{1}{${x}})`,
  arccot: (x) => `(\\frac{\\pi}{2}-\\arctan(${x}))`,
  binom: (n, k = '') => `\\binom{${n}}{${k}}`,
  pow: (x, n = '1') => `(${x})^{${n}}`,
};

/** Functions and powers as one types them, such as `exp(16)`, `log_2(3)`, `2*x**2` and `2^(1/3)`, in LaTeX. */
export function typedToLatex(text: string): string {
  const bare = text
    .replace(functionInText, (found, name) => commandOf(name) ?? found)
    .replace(/(?<![a-zA-Z])log(2|10)(?=\()/g, 'log_{$1}')
    .replace(/(?<![\\a-zA-Z])sqrt ?(\d+)/g, '\\sqrt{$1}');
  const named = bare.replace(words, (found, at) => {
    return found.startsWith('\\') ? found : nameOrCommand(found, bare.slice(at + found.length));
  });
  const combined = named
    .replace(/(\\(?:sin|cos|tan|cot|sec|csc|ln|log)) *([a-zA-Z])(?= ?\/)/g, '$1($2)')
    .replace(/(?<![a-zA-Z\d})])(?:\{\} ?)?_ ?\{?(\d+)\}? ?C ?_ ?\{?(\d+)\}?/g, '\\binom{$1}{$2}')
    .replace(/(?<![a-zA-Z\d})])(?:(?:\{\} ?)?\^ ?\{?)?(\d+)\}? ?C ?_? ?\{?(\d+)\}?(?![\w.])/g, '\\binom{$1}{$2}')
    .replace(/(?<![a-zA-Z\d])C\((\d+), ?(\d+)\)/g, '\\binom{$1}{$2}')
    .replace(/(?<![a-zA-Z\d])P\((\d+), ?(\d+)\)/g, '\\frac{$1!}{($1-$2)!}')
    .replace(/^\{? ?(\d+) ?\\choose ?(\d+) ?\}?$/, '\\binom{$1}{$2}')
    .replace(/\*\*/g, '^')
    .replace(/(?<![\^_{\\])\*/g, '\\cdot ');
  return powersInBraces(withForms(combined));
}

const functionInText = /\\text ?\{ ?([a-z]+) ?\}(?=\s*[\^_(\\{\da-z])/gi;

/** Texts and commands are passed over; what is left are names. */
const words = /\\text ?\{[^{}]*\}|\\[a-zA-Z]+|[a-zA-Z]+/g;

function nameOrCommand(word: string, after: string): string {
  // `5 sec` is a time.
  if (word === 'sec' && !/^ ?(?:[(^\\]|[a-z](?![a-z]))/.test(after)) return word;
  const command = commandOf(word);
  // `xsin(x)`, but no word that happens to end so.
  const product = command === null && word.length > 3 && /^[(^]/.test(after) ? commandOf(word.slice(1)) : null;
  return command ?? (product === null ? word : word[0] + product);
}

export function isFunction(word: string): boolean {
  return commandOf(word) !== null;
}

function commandOf(name: string): string | null {
  const command = functions.get(name) ?? functions.get(name.toLowerCase());
  return command === undefined ? null : `\\${command} `;
}

/** From the last to the first, so that an argument is written before what it is an argument of. */
function withForms(text: string): string {
  const calls = Array.from(text.matchAll(/\\([a-z]+)(?![a-zA-Z])/g)).filter(([, name]) => name in forms);
  return calls.reduceRight((written, { 0: command, 1: name, index }) => {
    const argument = argumentAt(written, index + command.length, name);
    if (!argument) return written;
    return written.slice(0, index) + forms[name](...argument.parts) + written.slice(argument.end);
  }, text);
}

/** `(16)`, `{2}` or `x` after a name. What LaTeX takes in braces needs no mending there. */
function argumentAt(text: string, at: number, name: string): { parts: string[]; end: number } | null {
  const start = at + (/^\s*/.exec(text.slice(at))?.[0].length ?? 0);
  const isLatex = name === 'sqrt' || name === 'binom';
  if (text[start] === '(' || (text[start] === '{' && !isLatex)) {
    const end = closing(text, start);
    if (end < 0) return null;
    const inner = text.slice(start + 1, end);
    const parts = name === 'binom' || name === 'pow' ? inner.split(',').map((part) => part.trim()) : [inner];
    return { parts, end: end + 1 };
  }
  const [token] =
    (!isLatex &&
      /^(?:\d+(?:\.\d+)?(?: ?°)?|[a-zA-Z]|\\pi|\\theta|\\frac ?\{[^{}]*\}\{[^{}]*\})/.exec(text.slice(start))) ||
    [];
  return token ? { parts: [token], end: start + token.length } : null;
}

/** `2^(1/3)` is `2^{1/3}`, and `x^-1` is `x^{-1}`. */
function powersInBraces(text: string): string {
  let written = text;
  for (let at = written.lastIndexOf('^'); at >= 0; at = at > 0 ? written.lastIndexOf('^', at - 1) : -1) {
    const start = at + 1 + (written[at + 1] === ' ' ? 1 : 0);
    const end = written[start] === '(' ? closing(written, start) : -1;
    if (end > 0) written = `${written.slice(0, at)}^{${written.slice(start + 1, end)}}${written.slice(end + 1)}`;
  }
  return written.replace(/\^ ?(-?\d+)/g, '^{$1}');
}
