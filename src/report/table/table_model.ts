import type { RunRecord } from '../../harness/record/run_record.ts';
import type { MetricName } from '../../harness/task/task.ts';
import { evaluateTask } from '../../metrics/evaluate.ts';
import { factsOf } from '../../metrics/facts.ts';
import type { MetricFacts } from '../../metrics/metric.ts';
import { metricOf } from '../../metrics/metrics.ts';
import { type Estimate, plainMean } from '../../metrics/statistics.ts';
import { averaged } from '../../results/benchmarks.ts';

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
  label: string;
  /** Rows of one group follow each other, and their figures are held against each other; all rows if left out. */
  group?: string;
  /** Texts between the label and the figures. */
  attributes?: string[];
  /** What the figures are; `measured` if left out. Only those of one kind are held against each other. */
  kind?: 'measured' | 'published' | 'difference';
  /** One a column; null where there is no such figure. */
  cells: (Figure | null)[];
  /** Plain mean of the cells of the columns that have an average; null where one of them is missing. */
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
    const { higherIsBetter } = metricOf(shown);
    return { task: task.name, title: task.title, metric: shown, higherIsBetter, unit: factsOf(shown)?.unit ?? null };
  });
  const rows = runs.map((run) => {
    const estimates = new Map(run.tasks.map((scored) => [scored.task.name, evaluateTask(scored)]));
    const cells = columns.map((column) => estimates.get(column.task)?.get(column.metric) ?? null);
    const members = averaged(columns).flatMap((column) => cells[columns.indexOf(column)] ?? []);
    const complete = members.length > 0 && members.length === averaged(columns).length;
    return { label: run.model.name, cells, average: complete ? plainMean(members) : null };
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

/** Which columns the average is over, where those are not all. */
export function averageNotes({ columns }: Pick<TableModel, 'columns'>): string[] {
  const members = averaged(columns);
  if (members.length === columns.length || members.length === 0) return [];
  return [`Avg.: of the accuracies alone (${members.map(({ title }) => title).join(', ')})`];
}
