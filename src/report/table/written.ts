import { describeCounts } from '../../output/counts.ts';
import { formatFigure } from '../../output/figures.ts';
import { plainTable } from '../../output/plain_table.ts';
import { customary, figureOf, selectBenchmarks } from '../../results/benchmarks.ts';
import type { BenchmarkResults, MetricResult, ModelResults } from '../../results/model_results.ts';
import { modelLabels } from '../../results/names.ts';

/** What became of the texts that models wrote: how many there are, how long, and why some are wrong. */
export async function writtenTable(models: readonly ModelResults[]): Promise<string> {
  const head = ['model', 'benchmark', 'outcomes', 'problems', 'texts', 'pass@k', 'tokens', 'cut off'];
  const labels = modelLabels(models);
  const benchmarks = await selectBenchmarks(models, customary);
  const rows = models.flatMap((model, i) =>
    benchmarks.flatMap((benchmark) => {
      const figure = figureOf(model, benchmark);
      const results = model.benchmarks.find(({ figures }) => [...figures.values()].some((each) => each === figure));
      return figure && results ? [[labels[i], benchmark.title, ...cellsOf(figure, results)]] : [];
    }),
  );
  return plainTable(head, rows, 3);
}

function cellsOf({ source }: MetricResult, { figures }: BenchmarkResults): string[] {
  const figure = (metric: string) => figures.get(metric)?.value ?? Number.NaN;
  const pass = [...figures.keys()].findLast((metric) => metric.startsWith('pass@'));
  return [
    describeCounts(source.texts?.outcomes ?? {}),
    String(source.size),
    String(source.texts?.count),
    pass ? `${formatFigure(figure(pass))} (k = ${pass.slice('pass@'.length)})` : '–',
    figure('response_tokens').toFixed(0),
    `${(100 * figure('cut_off')).toFixed(1)}%`,
  ];
}
