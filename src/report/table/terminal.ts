import { draw, gap } from '../../output/plain_table.ts';
import { plainText } from '../../output/plain_text.ts';
import { bold } from '../../output/terminal.ts';
import { wrapName } from '../../output/wrap.ts';
import { type PrintedCell, type PrintedTable, printTable } from './cells.ts';
import type { TableModel } from './table_model.ts';

export interface TableStyle {
  /** Whether the best figure of a column is bold. */
  bold?: boolean;
  /** Whether a standard error stands under each figure. */
  stderr?: boolean;
  /** Whether the number of documents stands under each figure. */
  counts?: boolean;
  /** Characters of a line. */
  width?: number;
}

const usualWidth = 80;
const leastLabelWidth = 16;

/** Columns of texts, which go left, and of figures, which go right: a heading and then one cell a row. */
interface Columns {
  texts: string[][];
  /** Of the texts, the one that may break into lines. */
  labels: number;
  figures: string[][];
}

/**
 * Draws a table for a terminal, figures as the paper prints them. The best figure of a column, in each group of rows, is
 * that of all rows that print the same; a single row has none. What is wider than a line is turned, models as columns;
 * and where that is too wide as well, it is broken into blocks of columns.
 */
export function renderTable(model: TableModel, style: TableStyle = {}): string {
  const width = style.width ?? usualWidth;
  const table = printTable(model);
  const columns = columnsOf(table, style);
  if (widthOf(columns) <= width) return drawColumns(columns, width);
  const turned = turnedColumns(table, style);
  if (table.rows.length > 1 && widthOf(turned) <= width) return drawColumns(turned, width);
  return blocks(columns, width)
    .map((block) => drawColumns(block, width))
    .join('\n\n');
}

function columnsOf({ textTitles, labelColumn, figureTitles, rows }: PrintedTable, style: TableStyle): Columns {
  return {
    texts: textTitles.map((title, i) => [title, ...rows.map((row) => row.texts[i])].map(plainText)),
    labels: labelColumn,
    figures: figureTitles.map((title, i) => [
      plainText(title),
      ...figureTexts(
        rows.map((row) => row.cells[i]),
        style,
      ),
    ]),
  };
}

/** One column a model, headed by its label; the other texts of the rows come before the figures. */
function turnedColumns({ textTitles, labelColumn, figureTitles, rows }: PrintedTable, style: TableStyle): Columns {
  const heads = [...textTitles.keys()].filter((i) => i !== labelColumn);
  const titles = [...heads.map((i) => textTitles[i]), ...figureTitles];
  return {
    texts: [['Benchmark', ...titles].map(plainText)],
    labels: 0,
    figures: rows.map(({ texts, cells }) => [
      wrapName(plainText(texts[labelColumn]), leastLabelWidth).join('\n'),
      ...heads.map((i) => plainText(texts[i])),
      ...figureTexts(cells, style),
    ]),
  };
}

/** Figures in a column, each with a place for marks where one of them has some. */
function figureTexts(cells: readonly PrintedCell[], style: TableStyle): string[] {
  const places = Math.max(0, ...cells.map(({ mark }) => mark.length));
  return cells.map(({ text, stderr, best, mark, count }) => {
    const blank = ' '.repeat(places);
    return [
      (style.bold && best ? bold(text) : text) + mark.padEnd(places),
      ...(style.stderr && stderr !== null ? [`±${stderr}${blank}`] : []),
      ...(style.counts && count !== '' ? [`n=${count}${blank}`] : []),
    ].join('\n');
  });
}

/** As many columns of figures as fit beside the texts, at least one. */
function blocks(columns: Columns, width: number): Columns[] {
  const parts: Columns[] = [{ ...columns, figures: [] }];
  for (const figure of columns.figures) {
    const last = parts.at(-1)!;
    const longer = { ...last, figures: [...last.figures, figure] };
    if (last.figures.length > 0 && widthOf(longer) > width) parts.push({ ...columns, figures: [figure] });
    else parts[parts.length - 1] = longer;
  }
  return parts;
}

/** Characters of a line where the labels take no more than they must. */
function widthOf({ texts, labels, figures }: Columns): number {
  const label = Math.min(leastLabelWidth, columnWidth(texts[labels]));
  const others = [...texts.filter((_, i) => i !== labels), ...figures];
  return others.reduce((total, column) => total + gap + columnWidth(column), label);
}

function drawColumns({ texts, labels, figures }: Columns, width: number): string {
  const label = Math.min(leastLabelWidth, columnWidth(texts[labels]));
  const room = width - widthOf({ texts, labels, figures }) + label;
  const wrapped = texts[labels].map((text) => wrapName(text, Math.max(label, room)).join('\n'));
  const columns = [...texts.map((column, i) => (i === labels ? wrapped : column)), ...figures];
  const [head, ...body] = columns[0].map((_, row) => columns.map((column) => column[row]));
  const colAligns = [...texts.map(() => 'left' as const), ...figures.map(() => 'right' as const)];
  return draw(head, body, { colAligns });
}

function columnWidth(column: readonly string[]): number {
  return Math.max(...column.flatMap((cell) => cell.split('\n')).map((line) => plainText(line).length));
}
