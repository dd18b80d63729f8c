import { formatFigure } from '../../output/figures.ts';
import { plainTable } from '../../output/plain_table.ts';
import { type Benchmark, customary, figureOf, selectBenchmarks } from '../../results/benchmarks.ts';
import type { Breakdown, ModelResults } from '../../results/model_results.ts';
import { modelLabels } from '../../results/names.ts';

/** For each kind of category that a benchmark's rows name, its customary metric by category, models as columns. */
export async function breakdownTables(models: readonly ModelResults[]): Promise<string[]> {
  const benchmarks = await selectBenchmarks(models, customary);
  return benchmarks.flatMap((benchmark) => tablesOf(benchmark, models));
}

function tablesOf(benchmark: Benchmark, models: readonly ModelResults[]): string[] {
  const labels = modelLabels(models);
  const scored = models.flatMap((model, i) => {
    const figure = figureOf(model, benchmark);
    return figure ? [{ label: labels[i], breakdown: figure.source.breakdown }] : [];
  });
  const kinds = new Set(scored.flatMap(({ breakdown }) => [...breakdown.keys()]));
  return [...kinds].map((kind) => {
    const head = [`${benchmark.title} by ${kind}`, 'documents', ...scored.map(({ label }) => label)];
    const categories = new Set(scored.flatMap(({ breakdown }) => [...(breakdown.get(kind)?.keys() ?? [])]));
    const rows = [...categories].map((category) => {
      const blocks = scored.map(({ breakdown }) => breakdown.get(kind)?.get(category));
      const size = blocks.find((block) => block)?.sample_len;
      return [category, String(size), ...blocks.map((block) => cellOf(block, benchmark.metric))];
    });
    return plainTable(head, rows);
  });
}

type CategoryBlock = NonNullable<ReturnType<NonNullable<ReturnType<Breakdown['get']>>['get']>>;

function cellOf(block: CategoryBlock | undefined, metric: string): string {
  const value = block?.[`${metric},none`];
  return typeof value === 'number' ? formatFigure(value) : '–';
}
