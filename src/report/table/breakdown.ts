import type { RunRecord } from '../../harness/record/run_record.ts';
import type { Task } from '../../harness/task/task.ts';
import { breakDown } from '../../metrics/breakdown.ts';
import { formatFigure } from '../../output/figures.ts';
import { plainTable } from '../../output/plain_table.ts';

/** For each kind of category that a benchmark's rows name, its headline by category, models as columns. */
export function breakdownTables(runs: readonly RunRecord[]): string[] {
  const tasks = new Map(runs.flatMap((run) => run.tasks.map(({ task }) => [task.name, task])));
  return [...tasks.values()].flatMap((task) => tablesOf(task, runs));
}

function tablesOf({ name, title, headline }: Task, runs: readonly RunRecord[]): string[] {
  const scored = runs.flatMap(({ model, tasks }) =>
    tasks
      .filter(({ task }) => task.name === name)
      .map((record) => ({ model: model.name, breakdown: breakDown(record) })),
  );
  const [{ breakdown: first }] = scored;
  return [...first].map(([kind, categories]) => {
    const head = [`${title} by ${kind}`, 'documents', ...scored.map(({ model }) => model)];
    const rows = [...categories].map(([category, figures]) => {
      const estimates = scored.map(({ breakdown }) => breakdown.get(kind)?.get(category)?.get(headline));
      const cells = estimates.map((estimate) => (estimate ? formatFigure(estimate.value) : '–'));
      return [category, String(figures.get(headline)!.size), ...cells];
    });
    return plainTable(head, rows);
  });
}
