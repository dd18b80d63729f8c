import type { MetricFacts } from '../../metrics/metric.ts';
import { averaged } from '../../results/averaged.ts';

/** A table of figures before it is drawn: models as rows, benchmarks as columns. Texts may come from anywhere. */
export interface TableModel {
  columns: TableColumn[];
  rows: TableRow[];
  /** Heading of the rows' groups, such as `Scale`, where they have some. */
  groupTitle?: string;
  /** Headings of the rows' attributes. */
  attributeTitles?: string[];
  /** What stands below: what marks mean, and where figures come from. */
  notes?: string[];
}

export interface TableColumn {
  title: string;
  metric: string;
  higherIsBetter: boolean;
  unit: MetricFacts['unit'];
}

export interface TableRow {
  /** Short. */
  label: string;
  /** The model's whole name, of rows that are a model's results. */
  model?: string;
  /** Rows of one group follow each other, and their figures are held against each other; all rows if left out. */
  group?: string;
  /** Texts between the label and the figures. */
  attributes?: string[];
  /** What the figures are; `measured` if left out. Differences are not held against each other. */
  kind?: 'measured' | 'published' | 'difference';
  /** One a column; null where there is no such figure. */
  cells: (Estimate | null)[];
  /** Plain mean of the cells of the columns that have an average; null where one of them is missing. */
  average: Estimate | null;
}

export interface Estimate {
  value: number;
  /** null where it is not defined. */
  stderr: number | null;
  /** Documents scored, and those of the benchmark; null or left out where it is not known. */
  size?: number | null;
  available?: number | null;
  /** Signs behind the figure that notes explain. */
  mark?: string;
}

/** What a figure of a part of its benchmark's documents has for a mark. */
export const partMark = '‡';

/** Which metric the columns show: `acc`, or `acc; acc_norm: HellaSwag` where they differ. */
export function describeMetrics({ columns }: Pick<TableModel, 'columns'>): string {
  const titles = Map.groupBy(columns, (column) => column.metric);
  const [usual, ...others] = [...titles].sort(([, a], [, b]) => b.length - a.length);
  if (!usual) return '';
  return [usual[0], ...others.map(([metric, list]) => `${metric}: ${list.map(({ title }) => title).join(', ')}`)].join(
    '; ',
  );
}

/** Which columns the average is over, where those are not all. */
export function averageNotes({ columns }: Pick<TableModel, 'columns'>): string[] {
  const members = averaged(columns);
  if (members.length === columns.length || members.length === 0) return [];
  return [`Avg.: of the accuracies alone (${members.map(({ title }) => title).join(', ')})`];
}

/** Of how many documents the marked figures are: once for all rows that agree. */
export function partNotes({ columns, rows }: Pick<TableModel, 'columns' | 'rows'>): string[] {
  const parts = columns.flatMap(({ title }, i) => {
    const counts = rows.flatMap(({ cells }) => {
      const cell = cells[i];
      return cell?.mark?.includes(partMark) ? [`${cell.size} of ${cell.available}`] : [];
    });
    return counts.length > 0 ? [`${title} ${[...new Set(counts)].join(', ')}`] : [];
  });
  const shown = parts.length > 12 ? [...parts.slice(0, 12), `and ${parts.length - 12} more`] : parts;
  return shown.length > 0 ? [`${partMark} of a part of the documents: ${shown.join('; ')}`] : [];
}
