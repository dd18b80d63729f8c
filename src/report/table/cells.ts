import { formatDifference, formatFigure } from '../../output/figures.ts';
import { averaged } from '../../results/averaged.ts';
import type { Estimate, TableModel, TableRow } from './table_model.ts';

/** A table as texts that every format then writes in its own way. Nothing is escaped yet. */
export interface PrintedTable {
  /** Headings of the text columns. */
  textTitles: string[];
  /** Which text column holds the rows' labels. */
  labelColumn: number;
  figureTitles: string[];
  rows: PrintedRow[];
}

export interface PrintedRow {
  texts: string[];
  cells: PrintedCell[];
  /** Whether another group starts here. */
  startsGroup: boolean;
}

export interface PrintedCell {
  text: string;
  /** null where there is no figure to have one. */
  stderr: string | null;
  /** Whether it is the best of its column in its group. */
  best: boolean;
  mark: string;
  /** How many documents it is of: `200`; empty where it is not known. */
  count: string;
}

export function printTable(model: TableModel): PrintedTable {
  const { columns, rows, groupTitle, attributeTitles = [] } = model;
  const members = averaged(columns);
  const figures = rows.map((row) => (members.length > 0 ? [...row.cells, row.average] : row.cells));
  const cells = figures.map((row, i) => row.map((figure) => printFigure(figure, rows[i])));
  const directions = [...columns, ...members.slice(0, 1)].map(({ higherIsBetter }) => higherIsBetter);
  const rivals = [...rows.keys()].filter((i) => rows[i].kind !== 'difference');
  for (const group of Map.groupBy(rivals, (i) => rows[i].group).values()) {
    for (const [i, higherIsBetter] of directions.entries())
      markBest(
        group.flatMap((row) => cells[row][i] ?? []),
        higherIsBetter,
      );
  }
  return {
    textTitles: [...(groupTitle ? [groupTitle] : []), 'Model', ...attributeTitles],
    labelColumn: groupTitle ? 1 : 0,
    figureTitles: [...columns.map(({ title }) => title), ...(members.length > 0 ? ['Avg.'] : [])],
    rows: rows.map((row, i) => {
      const startsGroup = i > 0 && row.group !== rows[i - 1].group;
      const group = i === 0 || startsGroup ? (row.group ?? '') : '';
      const attributes = attributeTitles.map((_, j) => row.attributes?.[j] ?? '');
      return { texts: [...(groupTitle ? [group] : []), row.label, ...attributes], cells: cells[i], startsGroup };
    }),
  };
}

function printFigure(figure: Estimate | null, { kind }: TableRow): PrintedCell {
  if (!figure) return { text: '–', stderr: null, best: false, mark: '', count: '' };
  const text = kind === 'difference' ? formatDifference(figure.value) : formatFigure(figure.value);
  const stderr = kind === 'published' ? null : figure.stderr === null ? ' n/a' : formatFigure(figure.stderr);
  return { text, stderr, best: false, mark: figure.mark ?? '', count: figure.size ? String(figure.size) : '' };
}

/** Of at least two figures; what prints the same is equally good. */
function markBest(cells: readonly PrintedCell[], higherIsBetter: boolean): void {
  const values = cells.map((cell) => Number(cell.text));
  const known = values.filter((value) => !Number.isNaN(value));
  if (known.length < 2) return;
  const best = higherIsBetter ? Math.max(...known) : Math.min(...known);
  for (const [i, cell] of cells.entries()) cell.best = values[i] === best;
}
