import { customary, selectBenchmarks } from '../../results/benchmarks.ts';
import { expandGroups, foldGroups } from '../../results/groups.ts';
import { readResults } from '../../results/read/read.ts';
import { type PaperTableName, paperTables, publishedTable, tableBesidePaper } from './paper.ts';
import { tableOfResults } from './results_table.ts';
import { tableOfSteps } from './steps_table.ts';
import type { TableModel } from './table_model.ts';

export interface MakeTableOptions {
  /** Benchmarks and groups of them; all if left out. */
  tasks?: readonly string[];
  /** A metric, or `customary`; the latter if left out. */
  metric?: string;
  /** Whether groups are shown by their members; else those that have figures of their own are one column. */
  expand?: boolean;
  /** Significance of a mark; null for no marks. */
  alpha: number | null;
  /** The model that all others are tested against, the first of each group if left out; of `steps` a training run. */
  baseline?: string;
  /** Whether the rows are the checkpoints of training runs, in the order of their steps. */
  steps?: boolean;
  tokensPerStep?: number;
  /** The published table to set beside the results, or to show alone where there are none. */
  paper?: PaperTableName;
}

/** The table of the results at some places, with sentences on what was passed over. */
export async function makeTable(
  places: readonly string[],
  { tasks, metric = customary, expand = false, paper, steps = false, ...options }: MakeTableOptions,
): Promise<{ table: TableModel; notices: string[] }> {
  const { models, notices } = await readResults(places);
  if (paper && models.length === 0) return { table: publishedTable(paperTables[paper]), notices };
  if (paper) return { table: await tableBesidePaper(paperTables[paper], models, metric), notices };
  const benchmarks = expand
    ? await selectBenchmarks(models, metric, expandGroups(models, tasks))
    : await selectBenchmarks(models, metric, tasks, (names) => foldGroups(models, names));
  if (!steps) return { table: await tableOfResults(models, benchmarks, options), notices };
  const { table, notices: untested } = await tableOfSteps(models, benchmarks, options);
  return { table, notices: [...notices, ...untested] };
}
