import type { RunRecord } from '../../harness/record/run_record.ts';
import { draw, gap } from '../../output/plain_table.ts';
import { plainText } from '../../output/plain_text.ts';
import { bold, hasStyle } from '../../output/terminal.ts';
import { type PrintedCell, printTable } from './cells.ts';
import { describeMetrics, type TableModel, tableOfRuns } from './table_model.ts';

export interface TableStyle {
  /** Whether the best figure of a column is bold. */
  bold?: boolean;
  /** Whether a standard error stands under each figure. */
  stderr?: boolean;
  /** Characters of a line; labels wrap to fit. */
  width?: number;
}

const leastLabelWidth = 16;

/**
 * Draws a table for a terminal, figures as the paper prints them. The best figure of a column, in each group of rows, is
 * that of all rows that print the same; a single row has none. There is an average where there are several columns.
 */
export function renderTable(model: TableModel, style: TableStyle = {}): string {
  const { textTitles, labelColumn, figureTitles, rows } = printTable(model);
  const texts = textTitles.map((title, i) => [title, ...rows.map((row) => row.texts[i])].map(plainText));
  const figures = figureTitles.map((title, i) => [
    plainText(title),
    ...figureTexts(
      rows.map((row) => row.cells[i]),
      style,
    ),
  ]);
  const columns = [...texts, ...figures];
  const [head, ...body] = columns[0].map((_, row) => columns.map((column) => column[row]));
  const others = columns
    .filter((_, i) => i !== labelColumn)
    .reduce((total, column) => total + gap + widthOf(column), 0);
  const labelWidth = Math.max(leastLabelWidth, (style.width ?? 80) - others);
  const wraps = widthOf(texts[labelColumn]) > labelWidth;
  return draw(head, body, {
    colAligns: [...texts.map(() => 'left' as const), ...figures.map(() => 'right' as const)],
    ...(wraps && {
      colWidths: texts.map((_, i) => (i === labelColumn ? labelWidth : null)),
      wordWrap: true,
      wrapOnWordBoundary: false,
    }),
  });
}

/** A column's figures, each with a place for a mark where one of them has it. */
function figureTexts(cells: readonly PrintedCell[], style: TableStyle): string[] {
  const blank = cells.some(({ mark }) => mark) ? ' ' : '';
  return cells.map(({ text, stderr, best, mark }) => {
    const figure = (style.bold && best ? bold(text) : text) + (mark || blank);
    return style.stderr && stderr !== null ? `${figure}\n±${stderr}${blank}` : figure;
  });
}

function widthOf(column: readonly string[]): number {
  return Math.max(...column.flatMap((cell) => cell.split('\n')).map((line) => plainText(line).length));
}

/** The table of some runs for standard output, with the metrics that it shows; one a group where several were asked for. */
export function runTable(runs: readonly RunRecord[], stream: TableStream = process.stdout): string {
  const style = { bold: hasStyle(stream), width: stream.columns };
  const tables = sections(runs).map((names) => {
    const model = tableOfRuns(runs, undefined, names);
    return `${renderTable(model, style)}\n\nMetric: ${describeMetrics(model)}`;
  });
  return tables.join('\n\n');
}

/** The benchmarks of each table: those of each group, and then what is in none. */
function sections(runs: readonly RunRecord[]): string[][] {
  const all = runs.flatMap((run) => run.tasks.map(({ task }) => task.name));
  const groups = new Map(runs.flatMap((run) => run.groups.map((group) => [group.name, group.tasks])));
  if (groups.size < 2) return [all];
  const grouped = [...groups.values()];
  const others = all.filter((name) => !grouped.flat().includes(name));
  return others.length > 0 ? [...grouped, others] : grouped;
}

export interface TableStream {
  isTTY?: boolean;
  columns?: number;
}
