/**
 * A text in lines of whole words; a word that is longer than a line has one of its own.
 * @param width Characters of a line.
 */
export function wrapWords(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines[lines.length - 1];
    if (line === '') lines[lines.length - 1] = word;
    else if ([...line].length + 1 + [...word].length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Characters of a terminal's line; no bound where the output is no terminal, so that a line stays a line. */
export function terminalWidth(stream: { isTTY?: boolean; columns?: number } = process.stdout): number {
  return stream.isTTY ? stream.columns || 80 : Number.POSITIVE_INFINITY;
}

/** A text for people whose lines fit a terminal: those that are too long are broken between words, as far indented. */
export function fitted(text: string, width = terminalWidth()): string {
  const lines = text.split('\n').flatMap((line) => {
    if ([...line].length <= width) return [line];
    const [indent] = /^ */.exec(line)!;
    return wrapWords(line.slice(indent.length), width - indent.length).map((part) => indent + part);
  });
  return lines.join('\n');
}

/** Lines of a name, broken behind its separators; within a part only where that alone is too long. */
export function wrapName(name: string, width: number): string[] {
  const parts = name.split(/(?<=[-_/@.,=+\s])/).flatMap((part) => chunks(part, width));
  const lines = [''];
  for (const part of parts)
    if (lines.at(-1)!.length + part.length <= width) lines[lines.length - 1] += part;
    else lines.push(part);
  return lines.map((line) => line.trimEnd()).filter((line, i) => line !== '' || i === 0);
}

function chunks(text: string, length: number): string[] {
  return Array.from({ length: Math.ceil(text.length / length) }, (_, i) => text.slice(i * length, (i + 1) * length));
}
