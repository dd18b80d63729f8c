import type { AddedToken } from './schema.ts';

/** Cuts a text into ids of added tokens and the text between them. */
export type Splitter = (text: string) => (number | string)[];

/** Finds the leftmost token, and the longest there, as `AddedVocabulary` of Rust's `tokenizers` does. */
export function createSplitter(tokens: AddedToken[]): Splitter {
  if (tokens.length === 0) return (text) => [text];
  const byContent = new Map(tokens.map((token) => [token.content, token]));
  const longestFirst = [...byContent.keys()].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(longestFirst.map(escapeForPattern).join('|'), 'g');
  return (text) => {
    const parts: (number | string)[] = [];
    let end = 0;
    for (const { 0: content, index } of text.matchAll(pattern)) {
      const token = byContent.get(content)!;
      let [start, stop] = [index, index + content.length];
      if (token.single_word && isInWord(text, start, stop)) continue;
      while (token.lstrip && start > end && isWhiteSpace(text[start - 1]!)) start--;
      while (token.rstrip && stop < text.length && isWhiteSpace(text[stop]!)) stop++;
      if (start > end) parts.push(text.slice(end, start));
      parts.push(token.id);
      end = stop;
    }
    if (end < text.length) parts.push(text.slice(end));
    return parts;
  };
}

/** Whether a text may be cut before a space that ends a word, and its two parts be split apart from each other. */
export function splitsAtSpaces(tokens: AddedToken[]): boolean {
  return tokens.every((token) => !token.rstrip && !token.single_word && !/\P{White_Space} /u.test(token.content));
}

export function isWhiteSpace(character: string): boolean {
  return /\p{White_Space}/u.test(character);
}

/** Words are of the characters that `\w` stands for in Rust's `regex`. */
function isInWord(text: string, start: number, stop: number): boolean {
  const word = '[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]';
  const touches = (pattern: string, part: string) => new RegExp(pattern, 'u').test(part);
  return touches(`${word}$`, text.slice(0, start).slice(-2)) || touches(`^${word}`, text.slice(stop, stop + 2));
}

/** A pattern that finds a text as it is. */
export function escapeForPattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
