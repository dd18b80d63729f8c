import type { RunRecord, TaskRecord } from '../../harness/record/run_record.ts';
import type { MetricName } from '../../harness/task/task.ts';
import { evaluateTask } from '../../metrics/evaluate.ts';
import { countBy, describeCounts } from '../../output/counts.ts';
import { formatFigure } from '../../output/figures.ts';
import { plainTable } from '../../output/plain_table.ts';

/** What became of the texts that models wrote: how many there are, how long, and why some are wrong. */
export function writtenTable(runs: readonly RunRecord[]): string {
  const head = ['model', 'benchmark', 'outcomes', 'problems', 'texts', 'pass@k', 'tokens', 'cut off'];
  const rows = runs.flatMap(({ model, tasks }) => tasks.map((scored) => [model.name, ...rowOf(scored)]));
  return plainTable(head, rows, 3);
}

function rowOf(scored: TaskRecord): string[] {
  const { task, documents } = scored;
  const estimates = evaluateTask(scored);
  const figure = (metric: MetricName) => estimates.get(metric)?.value ?? Number.NaN;
  const samples = documents.flatMap((document) => document.samples ?? []);
  const pass = task.metrics.findLast((metric) => metric.startsWith('pass@'));
  return [
    task.title,
    describeCounts(countBy(samples, ({ verdict }) => verdict.outcome)),
    String(documents.length),
    String(samples.length),
    pass ? `${formatFigure(figure(pass))} (k = ${pass.slice('pass@'.length)})` : '–',
    figure('response_tokens').toFixed(0),
    `${(100 * figure('cut_off')).toFixed(1)}%`,
  ];
}
