import type { RunRecord } from '../../harness/record/run_record.ts';
import type { MetricName } from '../../harness/task/task.ts';
import { evaluateTask } from '../../metrics/evaluate.ts';
import { metricOf } from '../../metrics/metrics.ts';
import { type Estimate, plainMean } from '../../metrics/statistics.ts';

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
}

export interface TableRow {
  label: string;
  /** Rows of one group follow each other, and their figures are held against each other; all rows if left out. */
  group?: string;
  /** Texts between the label and the figures. */
  attributes?: string[];
  /** What the figures are; `measured` if left out. Only those of one kind are held against each other. */
  kind?: 'measured' | 'published' | 'difference';
  /** One a column; null where there is no such figure. */
  cells: (Figure | null)[];
  /** Plain mean of the cells; null where one is missing. */
  average: Figure | null;
}

export interface Figure extends Pick<Estimate, 'value' | 'stderr'> {
  /** A sign behind the figure that a note explains. */
  mark?: '*' | '†';
}

/**
 * One row a run, one column a benchmark, in the order in which they first come.
 *
 * @param metric takes the place of each benchmark's headline
 * @param names the benchmarks that the table is of; all if left out
 */
export function tableOfRuns(runs: readonly RunRecord[], metric?: MetricName, names?: readonly string[]): TableModel {
  const tasks = new Map(runs.flatMap((run) => run.tasks.map(({ task }) => [task.name, task])));
  const shownTasks = [...tasks.values()].filter(({ name }) => names?.includes(name) ?? true);
  const columns = shownTasks.map((task) => {
    const shown = metric ?? task.headline;
    return { task: task.name, title: task.title, metric: shown, higherIsBetter: metricOf(shown).higherIsBetter };
  });
  const rows = runs.map((run) => {
    const estimates = new Map(run.tasks.map((scored) => [scored.task.name, evaluateTask(scored)]));
    const cells = columns.map((column) => estimates.get(column.task)?.get(column.metric) ?? null);
    const complete = cells.every((cell) => cell !== null);
    return { label: run.model.name, cells, average: complete && cells.length > 0 ? plainMean(cells) : null };
  });
  return { columns, rows };
}

/** Which metric the columns show: `acc`, or `acc; acc_norm: HellaSwag` where they differ. */
export function describeMetrics({ columns }: TableModel): string {
  const titles = Map.groupBy(columns, (column) => column.metric);
  const [usual, ...others] = [...titles].sort(([, a], [, b]) => b.length - a.length);
  if (!usual) return '';
  return [usual[0], ...others.map(([metric, list]) => `${metric}: ${list.map(({ title }) => title).join(', ')}`)].join(
    '; ',
  );
}
