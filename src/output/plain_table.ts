import Table, { type TableConstructorOptions } from 'cli-table3';
import { plainText } from './plain_text.ts';
import { terminalWidth, wrapWords } from './wrap.ts';

/** Blanks between two columns. */
export const gap = 2;

/**
 * Texts in columns under their headings. Where a line is too short for them, texts wrap between words; where even that
 * does not fit, each row becomes a block of its own, a column a line.
 * @param numbersFrom the first of the columns that hold numbers, which go right
 * @param width characters of a line
 */
export function plainTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  numbersFrom = head.length,
  width = terminalWidth(),
): string {
  const [titles, ...lines] = [head, ...rows].map((row) => row.map(plainText));
  const widths = columnWidths([titles, ...lines], width);
  if (!widths) return lines.map((line) => block(titles, line, width)).join('\n\n');
  const wrapped = [titles, ...lines].map((line) => line.map((text, i) => wrapWords(text, widths[i]).join('\n')));
  const colAligns = head.map((_, i) => (i < numbersFrom ? ('left' as const) : ('right' as const)));
  return draw(wrapped[0], wrapped.slice(1), { colAligns });
}

/** Widths of columns that fit into a line, the widest columns narrowed first; undefined where words are too long. */
function columnWidths(lines: readonly (readonly string[])[], width: number): number[] | undefined {
  const columns = lines[0].map((_, i) => lines.map((line) => line[i]));
  const widths = columns.map((texts) => Math.max(...texts.map(lengthOf)));
  const least = columns.map((texts) => Math.max(...texts.flatMap((text) => text.split(' ')).map(lengthOf)));
  let excess = widths.reduce((total, each) => total + each, gap * (widths.length - 1)) - width;
  while (excess > 0) {
    const slack = widths.map((each, i) => (each > least[i] ? each : 0));
    const widest = slack.indexOf(Math.max(...slack));
    if (slack[widest] === 0) return undefined;
    widths[widest]--;
    excess--;
  }
  return widths;
}

function block(titles: readonly string[], line: readonly string[], width: number): string {
  const label = Math.max(...titles.map(lengthOf)) + gap;
  return titles
    .flatMap((title, i) =>
      wrapWords(line[i], width - label).map((text, part) => `${(part === 0 ? title : '').padEnd(label)}${text}`),
    )
    .join('\n');
}

function lengthOf(text: string): number {
  return [...text].length;
}

export function draw(head: string[], rows: string[][], options: TableConstructorOptions): string {
  const style = { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true };
  const table = new Table({ head, chars: rules, style, ...options });
  table.push(...rows);
  return table.toString().replace(/ +$/gm, '');
}

/** One rule under the headings, and nothing else drawn. */
const rules = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '─',
  'mid-mid': '─'.repeat(gap),
  right: '',
  'right-mid': '',
  middle: ' '.repeat(gap),
};
