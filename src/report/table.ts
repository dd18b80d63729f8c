import Table, { type TableConstructorOptions } from 'cli-table3';
import type { RunRecord } from '../harness/run_record.ts';
import { describeMetrics, type Figure, type TableModel, tableOfRuns } from './table_model.ts';
import { bold, hasStyle } from './terminal.ts';
import { plainText } from './text.ts';

export interface TableStyle {
  /** Whether the best figure of a column is bold. */
  bold?: boolean;
  /** Whether a standard error stands under each figure. */
  stderr?: boolean;
  /** Characters of a line; labels wrap to fit. */
  width?: number;
}

const gap = 2;
const leastLabelWidth = 16;

/**
 * Draws a table for a terminal, figures as the paper prints them. The best figure of a column is that of all rows that
 * print the same; a single row has none. There is an average where there are several columns.
 */
export function renderTable(model: TableModel, style: TableStyle = {}): string {
  const columns = printedColumns(model, style);
  const figuresWidth = columns.reduce((total, column) => total + gap + columnWidth(column), 0);
  const labels = model.rows.map((row) => plainText(row.label));
  const labelWidth = Math.max(leastLabelWidth, (style.width ?? 80) - figuresWidth);
  const wraps = labels.some((label) => label.length > labelWidth);
  const head = ['Model', ...columns.map((column) => column.title)];
  const rows = labels.map((label, row) => [label, ...columns.map((column) => column.cells[row])]);
  return draw(head, rows, {
    colAligns: ['left', ...columns.map(() => 'right' as const)],
    ...(wraps && { colWidths: [labelWidth], wordWrap: true, wrapOnWordBoundary: false }),
  });
}

/** The table of some runs for standard output, with the metrics that it shows. */
export function runTable(runs: readonly RunRecord[], stream: TableStream = process.stdout): string {
  const model = tableOfRuns(runs);
  const table = renderTable(model, { bold: hasStyle(stream), width: stream.columns });
  return `${table}\n\nMetric: ${describeMetrics(model)}`;
}

export interface TableStream {
  isTTY?: boolean;
  columns?: number;
}

/** Texts in columns under their headings. */
export function plainTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return draw(
    head.map(plainText),
    rows.map((row) => row.map(plainText)),
    {},
  );
}

function draw(head: string[], rows: string[][], options: TableConstructorOptions): string {
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

interface PrintedColumn {
  title: string;
  /** One a row. */
  cells: string[];
}

function printedColumns({ columns, rows }: TableModel, style: TableStyle): PrintedColumn[] {
  const printed = columns.map(({ title, higherIsBetter }, i) => {
    const figures = rows.map((row) => row.cells[i]);
    return { title: plainText(title), cells: printFigures(figures, higherIsBetter, style) };
  });
  if (columns.length < 2) return printed;
  const averages = rows.map((row) => row.average);
  const higherIsBetter = columns.every((column) => column.higherIsBetter);
  return [...printed, { title: 'Avg.', cells: printFigures(averages, higherIsBetter, style) }];
}

function printFigures(figures: readonly (Figure | null)[], higherIsBetter: boolean, style: TableStyle): string[] {
  const texts = figures.map((figure) => (figure ? formatFigure(figure.value) : '–'));
  const values = texts.filter((_, i) => figures[i]).map(Number);
  const best = String(higherIsBetter ? Math.max(...values) : Math.min(...values));
  return figures.map((figure, i) => {
    const stands = style.bold && figure && values.length > 1 && String(Number(texts[i])) === best;
    const value = stands ? bold(texts[i]) : texts[i];
    return style.stderr && figure ? `${value}\n${formatError(figure.stderr)}` : value;
  });
}

/** Three decimals, without the zero before the point: `.208`. */
export function formatFigure(value: number): string {
  return value.toFixed(3).replace(/^(-?)0\./, '$1.');
}

function formatError(stderr: number | null): string {
  return `±${stderr === null ? ' n/a' : formatFigure(stderr)}`;
}

function columnWidth({ title, cells }: PrintedColumn): number {
  const lines = cells.flatMap((cell) => cell.split('\n').map(plainText));
  return Math.max(...[title, ...lines].map((line) => line.length));
}
