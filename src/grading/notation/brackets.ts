/** The partner of each bracket that has one. */
const partners: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/**
 * Where each `{` of a LaTeX text is closed. Escaped braces do not count. One pass, without recursion: a model's output
 * may nest as deep as it is long.
 */
export function closingBraces(text: string): Map<number, number> {
  const closed = new Map<number, number>();
  const open: number[] = [];
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '{') open.push(i);
    else if (text[i] === '}') {
      const start = open.pop();
      if (start !== undefined) closed.set(start, i);
    }
  }
  return closed;
}

/** Where the bracket at `start` is closed by one of its kind; -1 where it is not. */
export function closing(text: string, start: number): number {
  const [open, close] = [text[start], partners[text[start]]];
  for (let i = start, depth = 0; i < text.length; i++) {
    if (text[i] === open) depth++;
    else if (text[i] === close && --depth === 0) return i;
  }
  return -1;
}

interface Token {
  text: string;
  index: number;
  /** Brackets and environments around it; a bracket is as deep as what it holds. */
  depth: number;
}

const token = /\\(?:begin|end)\s*\{[^{}]*\}|\\(?:[a-zA-Z]+|.)|[\s\S]/g;
const opens = /^(?:[([{]|\\\{|\\begin\b.*|\\langle)$/;
const closes = /^(?:[)\]}]|\\\}|\\end\b.*|\\rangle)$/;

/** Commands and characters with their depth. Any bracket closes any other, so that `(3,4]` is one pair. */
function tokens(latex: string): Token[] {
  let depth = 0;
  return Array.from(latex.matchAll(token), ({ 0: text, index }) => {
    if (opens.test(text)) depth++;
    const found = { text, index, depth };
    if (closes.test(text)) depth--;
    return found;
  });
}

/** Parts of a LaTeX text between separators that stand in no bracket and no environment. */
export function splitOutside(
  latex: string,
  isSeparator: (token: string) => boolean,
): { parts: string[]; at: string[] } {
  const separators = tokens(latex).filter(({ text, depth }) => depth === 0 && isSeparator(text));
  const ends = [...separators.map(({ index }) => index), latex.length];
  const starts = [0, ...separators.map(({ index, text }) => index + text.length)];
  return {
    parts: starts.map((start, i) => latex.slice(start, ends[i]).trim()),
    at: separators.map(({ text }) => text),
  };
}

/** The brackets around all of a LaTeX text with what they hold; null where no pair holds all of it. */
export function unwrap(latex: string): { open: string; inner: string; close: string } | null {
  const all = tokens(latex);
  const [first] = all;
  const last = all.at(-1);
  if (!first || !last || all.length < 2 || first.depth !== 1 || last.depth !== 1) return null;
  const closesEarly = all.findIndex(({ text, depth }) => depth === 1 && closes.test(text)) < all.length - 1;
  if (closesEarly || !opens.test(first.text) || !closes.test(last.text)) return null;
  return { open: first.text, inner: latex.slice(first.text.length, last.index).trim(), close: last.text };
}

/** Whether the two brackets are a pair of the same kind. */
export function isPair(open: string, close: string): boolean {
  return partners[open] === close || partners[open.slice(1)] === close.slice(1);
}
