import { element } from './dom.ts';

/** A text with the words of a search marked in it. */
export function highlighted(text: string, words: readonly string[]): (Node | string)[] {
  const places = placesOf(text, words);
  const parts: (Node | string)[] = [];
  let at = 0;
  for (const [start, end] of places) {
    if (start < at) continue;
    parts.push(text.slice(at, start), element('mark', {}, text.slice(start, end)));
    at = end;
  }
  return [...parts, text.slice(at)];
}

/** Some letters of a text, from a little before the first word of a search that is in it. */
export function excerpt(text: string, words: readonly string[], length: number): string {
  const [[first] = [0]] = placesOf(text, words);
  return first < length / 2 ? text.slice(0, length) : `…${text.slice(first - 60, first + length)}`;
}

function placesOf(text: string, words: readonly string[]): [start: number, end: number][] {
  const lower = text.toLowerCase();
  // A few letters have a small form of another length: then places would be wrong.
  if (lower.length !== text.length) return [];
  const places = words.flatMap((word) => {
    const own: [number, number][] = [];
    for (let at = lower.indexOf(word); at >= 0; at = lower.indexOf(word, at + word.length))
      own.push([at, at + word.length]);
    return own;
  });
  return places.sort((a, b) => a[0] - b[0]);
}
