import type { TableConstructorOptions } from 'cli-table3';
import Table from 'cli-table3';
import { plainText } from './plain_text.ts';
/** Blanks between two columns. */
export const gap = 2;

/**
 * Texts in columns under their headings.
 * @param numbersFrom the first of the columns that hold numbers, which go right
 */
export function plainTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  numbersFrom = head.length,
): string {
  const colAligns = head.map((_, i) => (i < numbersFrom ? ('left' as const) : ('right' as const)));
  return draw(
    head.map(plainText),
    rows.map((row) => row.map(plainText)),
    { colAligns },
  );
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
