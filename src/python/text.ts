/** Methods of Python's `str`, where JavaScript's differ. */

// What `str.isspace` knows: U+001C to U+001F too, and not U+FEFF.
const space = String.raw`[\p{White_Space}\x1c-\x1f]`;
const leading = new RegExp(`^${space}+`, 'u');
const run = new RegExp(`${space}+`, 'u');

/** `str.isspace()` of a single character. */
export function isSpace(character: string): boolean {
  return leading.test(character);
}

/** `str.strip(chars)`; whitespace where `chars` is left out. */
export function strip(text: string, chars?: string): string {
  return stripEnd(stripStart(text, chars), chars);
}

/** `str.lstrip(chars)` */
export function stripStart(text: string, chars?: string): string {
  if (chars === undefined) return text.replace(leading, '');
  const letters = [...text];
  const start = letters.findIndex((letter) => !chars.includes(letter));
  return start < 0 ? '' : letters.slice(start).join('');
}

/** `str.rstrip(chars)` */
export function stripEnd(text: string, chars?: string): string {
  if (chars === undefined) {
    let end = text.length;
    while (end > 0 && isSpace(text[end - 1])) end--;
    return text.slice(0, end);
  }
  const letters = [...text];
  const end = letters.findLastIndex((letter) => !chars.includes(letter)) + 1;
  return letters.slice(0, end).join('');
}

/** `str.split(separator, limit)`; at runs of whitespace, which leave no empty parts, where the separator is left out. */
export function split(text: string, separator?: string, limit = -1): string[] {
  const isEmpty = separator === '';
  if (isEmpty) throw new Error('empty separator');
  const parts: string[] = [];
  let rest = separator === undefined ? stripStart(text) : text;
  while (limit < 0 || parts.length < limit) {
    const [at, length] = separator === undefined ? spaceIn(rest) : [rest.indexOf(separator), separator.length];
    if (at < 0) break;
    parts.push(rest.slice(0, at));
    rest = rest.slice(at + length);
  }
  if (separator !== undefined) return [...parts, rest];
  const last = parts.length === limit ? rest : stripEnd(rest);
  return last === '' ? parts : [...parts, last];
}

function spaceIn(text: string): [at: number, length: number] {
  const found = run.exec(text);
  return found ? [found.index, found[0].length] : [-1, 0];
}

/** `str.capitalize()`: the first character in title case and all others in lower case, names included. */
export function capitalize(text: string): string {
  const [first = ''] = text;
  return titlecase(first) + text.toLowerCase().slice(first.toLowerCase().length);
}

/** `str.title()`: every run of letters capitalized. */
export function title(text: string): string {
  return text.replace(/[\p{Cased}\p{Case_Ignorable}]+/gu, (word) => {
    let inside = false;
    return [...word]
      .map((letter) => {
        const cased = /\p{Cased}/u.test(letter);
        const changed = inside ? letter.toLowerCase() : titlecase(letter);
        inside = cased;
        return cased ? changed : letter;
      })
      .join('');
  });
}

/** Letters such as ǅ and ᾈ that are title case themselves, by their other cases. */
const titleLetters = new Map(
  [...'ǅǈǋǲᾈᾉᾊᾋᾌᾍᾎᾏᾘᾙᾚᾛᾜᾝᾞᾟᾨᾩᾪᾫᾬᾭᾮᾯᾼῌῼ'].flatMap((letter) =>
    [letter, letter.toLowerCase(), letter.toUpperCase()].map((other) => [other, letter]),
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
