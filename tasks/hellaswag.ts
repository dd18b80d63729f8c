import type { Task } from '../src/harness/task/task.ts';

/** Which ending continues a scene (Zellers et al. 2019, arXiv:1905.07830); prepared as lm-evaluation-harness does. */
const hellaswag: Task = {
  name: 'hellaswag',
  title: 'HellaSwag',
  version: 1,
  dataset: { repo: 'Rowan/hellaswag', split: 'validation', files: 'data/validation-*.parquet' },
  groups: ['paper', 'core'],
  shots: { source: { split: 'train', files: 'data/train-*.parquet' }, sampler: 'default', excludesAsked: true },
  metrics: ['acc', 'acc_norm', 'acc_bytes'],
  headline: 'acc_norm',
  question(row) {
    const scene = `${row.text('ctx_a')} ${capitalize(row.text('ctx_b'))}`;
    const query = preprocess(`${row.text('activity_label')}: ${scene}`);
    const choices = row.texts('endings').map(preprocess);
    const gold = row.integer('label');
    return { context: query, choices, gold, derived: { query, choices, gold } };
  },
};

/** Removes what WikiHow's markup left behind. The order matters: whitespace that brackets leave stays. */
function preprocess(text: string): string {
  return strip(text)
    .replaceAll(' [title]', '. ')
    .replace(/\[[^\n]*?\]/g, '')
    .replaceAll('  ', ' ');
}

/** Python's `str.strip()`, which knows U+001C to U+001F as whitespace and not U+FEFF. */
function strip(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is stripped.
  return text.replace(/^[\p{White_Space}\x1c-\x1f]+|[\p{White_Space}\x1c-\x1f]+$/gu, '');
}

/** Python's `str.capitalize()`: the first character in title case and all others in lower case, names included. */
function capitalize(text: string): string {
  const [first = ''] = text;
  return titlecase(first) + text.toLowerCase().slice(first.toLowerCase().length);
}

/** Letters such as ǅ and ᾈ that are title case themselves, by their other cases. */
const titleLetters = new Map(
  [...'ǅǈǋǲᾈᾉᾊᾋᾌᾍᾎᾏᾘᾙᾚᾛᾜᾝᾞᾟᾨᾩᾪᾫᾬᾭᾮᾯᾼῌῼ'].flatMap((title) =>
    [title, title.toLowerCase(), title.toUpperCase()].map((other) => [other, title]),
  ),
);

function titlecase(letter: string): string {
  const special = titleLetters.get(letter);
  if (special !== undefined) return special;
  if (/[\u10d0-\u10ff]/.test(letter)) return letter; // Georgian has capitals but starts no word with them.
  const [first = '', ...rest] = letter.toUpperCase();
  if (letter === 'ŉ') return first + rest.join('');
  return first + rest.join('').toLowerCase().replace('ι', '\u0345'); // ß to Ss, ﬁ to Fi; an iota stays a subscript.
}

export default hellaswag;
