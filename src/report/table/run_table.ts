import { plainText } from '../../output/plain_text.ts';
import { hasStyle } from '../../output/terminal.ts';
import { wrapWords } from '../../output/wrap.ts';
import { customary, selectBenchmarks } from '../../results/benchmarks.ts';
import { foldGroups } from '../../results/groups.ts';
import type { ModelResults } from '../../results/model_results.ts';
import { tableOfResults } from './results_table.ts';
import { renderTable, type TableStyle } from './terminal.ts';

/** Benchmarks under one heading. */
export interface RunGroup {
  name: string;
  /** Names of benchmarks. */
  tasks: readonly string[];
}

/**
 * The table of what has just been run, for standard output; one a group where several were asked for.
 *
 * @param models as their files have been read again
 */
export async function runTable(
  models: readonly ModelResults[],
  groups: readonly RunGroup[],
  style: Pick<TableStyle, 'stderr' | 'counts'> = {},
  stream: TableStream = process.stdout,
): Promise<string> {
  const tables: string[] = [];
  const width = stream.columns ?? 80;
  for (const names of sections(models, groups)) {
    const model = await tableOfResults(models, await selectBenchmarks(models, customary, names), { alpha: null });
    const notes = (model.notes ?? []).flatMap((note) => wrapWords(plainText(note), width));
    tables.push([renderTable(model, { ...style, bold: hasStyle(stream), width }), '', ...notes].join('\n'));
  }
  return tables.join('\n\n');
}

/** The columns of each table: those of each group, and then what is in none. What is averaged is one column. */
function sections(models: readonly ModelResults[], groups: readonly RunGroup[]): string[][] {
  const names = [...new Set(models.flatMap(({ benchmarks }) => benchmarks.map(({ name }) => name)))];
  const all = foldGroups(models, names);
  const grouped = groups.map(({ tasks }) => foldGroups(models, tasks));
  if (groups.length < 2) return [all];
  const others = all.filter((name) => !grouped.flat().includes(name));
  return others.length > 0 ? [...grouped, others] : grouped;
}

export interface TableStream {
  isTTY?: boolean;
  columns?: number;
}
