import { formatDifference, formatFigure } from '../output/figures.ts';
import { plainTable } from '../output/plain_table.ts';
import { plainText } from '../output/plain_text.ts';
import { wrapWords } from '../output/wrap.ts';
import type { MetricSignal, SignalComparison } from './signal.ts';

/** Signal to noise for a terminal: one table, by benchmark and the clearest metric first. */
export function renderSignals(comparison: SignalComparison, width = 80): string {
  const { first, second, counts, noise, benchmarks } = comparison;
  const rows = benchmarks.flatMap(({ benchmark, metrics }) =>
    metrics.map((metric, i) => [i === 0 ? benchmark.title : '', ...cellsOf(metric)]),
  );
  const meaning = {
    runs: `Noise: standard deviation over the ${counts[0]} and ${counts[1]} results, pooled.`,
    documents:
      'Noise: standard error of the difference over the documents; several results a side, such as the seeds or ' +
      'the last steps of a training run, tell it better.',
  };
  return [
    plainText(`A: ${first}`),
    plainText(`B: ${second}`),
    '',
    plainTable(['Benchmark', 'metric', 'A', 'B', 'B - A', 'noise', 'signal/noise'], rows, 2),
    '',
    ...wrapWords(meaning[noise], width),
  ].join('\n');
}

function cellsOf({ metric, first, second, noise, signalToNoise }: MetricSignal): string[] {
  return [
    metric,
    formatFigure(first),
    formatFigure(second),
    formatDifference(second - first),
    noise === null ? '–' : formatNoise(noise),
    signalToNoise === null ? '–' : signalToNoise === Infinity ? '∞' : signalToNoise.toFixed(1),
  ];
}

/** Noise may be far smaller than what three decimals show. */
function formatNoise(noise: number): string {
  return noise !== 0 && noise < 0.0005 ? noise.toExponential(0) : formatFigure(noise);
}
