/** LaTeX commands, by what they are brought to. */
const commands = byName({
  // Layout, sizes and ticks change nothing.
  ' ':
    'displaystyle textstyle scriptstyle limits nolimits quad qquad checkmark left right middle big Big bigg Bigg ' +
    'bigl Bigl biggl Biggl bigr Bigr biggr Biggr bigm Bigm biggm Biggm',
  '\\text':
    'mathrm mathbf mathit mathsf mathtt boldsymbol bm underline textbf textit textrm textsf texttt textnormal emph ' +
    'mbox hbox operatorname',
  '\\frac ': 'dfrac tfrac cfrac',
  '\\binom ': 'dbinom tbinom',
  '\\overline ': 'bar',
  '\\emptyset ': 'varnothing',
  '\\{': 'lbrace',
  '\\}': 'rbrace',
  '[': 'lbrack brack',
  ']': 'rbrack',
  '|': 'lvert rvert vert',
  '\\angle ': 'measuredangle',
  '°': 'degree textdegree',
  '\\$': 'textdollar',
  '\\text{cents}': 'cent textcent',
  '£': 'pounds textsterling',
  '€': 'euro texteuro',
  '√': 'surd',
  // Relations and sets.
  '≤': 'le leq leqslant',
  '≥': 'ge geq geqslant',
  '<': 'lt',
  '>': 'gt',
  '≠': 'ne neq',
  '≈': 'approx simeq',
  '=': 'coloneq coloneqq equiv',
  '∈': 'in',
  '∉': 'notin',
  '∪': 'cup bigcup',
  '∩': 'cap bigcap',
  '∖': 'setminus smallsetminus backslash',
  '∨': 'lor vee',
  ', ': 'land wedge',
  '±': 'pm mp',
});

/** Characters that stand for commands, and commands that are spelled in several characters. */
const characters: readonly (readonly [RegExp, string])[] = [
  [/[−–]/g, '-'],
  [/…|\.\.\./g, '\\dots '],
  [/×/g, '\\times '],
  [/[·⋅]/g, '\\cdot '],
  [/÷/g, '\\div '],
  [/π/g, '\\pi '],
  [/θ/g, '\\theta '],
  [/∞/g, '\\infty '],
  [/∅|\\\{ ?\\\}/g, '\\emptyset '],
  [/√ ?(\d+(?:\.\d+)?|[a-z])/g, '\\sqrt{$1}'],
  [/√/g, '\\sqrt '],
  [/²/g, '^{2}'],
  [/³/g, '^{3}'],
  [/ℝ/g, '\\mathbb{R}'],
  [/º/g, '°'],
  [/¢/g, '\\text{cents}'],
  [/<=/g, '≤'],
  [/>=/g, '≥'],
  [/!=/g, '≠'],
  [/:=/g, '='],
  [/<sub>([^<>]*)<\/sub>/g, '_{$1}'],
  [/<sup>([^<>]*)<\/sup>/g, '^{$1}'],
];

/** Brings commands and characters that mean the same to one of them. Relations and set operations are one character. */
export function oneNotation(latex: string): string {
  const plain = latex
    .replace(/<\/?(?:b|i|em|strong)>|(?<!\\)\\[()]/g, '')
    .replace(/\\(?:left|right)\s?\./g, ' ')
    .replace(
      /\\(?:hat|widehat|vec|mathbf|boldsymbol|bm) ?(?:\{ ?\\?([ijk])(?:math)? ?\}|\\?([ijk])(?:math)?(?![a-zA-Z]))/g,
      ' $1$2 ',
    )
    .replace(/\\not ?\\in(?![a-zA-Z])/g, '∉')
    .replace(/\\not ?=/g, '≠')
    .replace(/\{ ?\\(?:rm|bf|it|sf|tt)(?![a-zA-Z]) ?([^{}]*)\}/g, '\\text{$1}')
    .replace(/\\text(?:rm)? ?\{ ?(?:\\?\$|USD) ?\}/g, '\\$');
  const named = plain.replace(/\\([a-zA-Z]+)(\*?)/g, (command, name, star) => {
    const synonym = commands.get(name);
    return synonym === undefined ? command : synonym === '\\text' || star === '' ? synonym : synonym + star;
  });
  return characters.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), named);
}

function byName(names: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(names).flatMap(([to, from]) => from.split(' ').map((name) => [name, to] as const)));
}
