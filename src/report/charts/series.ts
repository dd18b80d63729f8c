import { type ChartTheme, seriesColour, shapes } from './theme.ts';

/**
 * Colour and shape by the field `series`, one of some names.
 *
 * @param legend whether the figure itself tells which is which
 */
export function seriesEncoding(names: readonly string[], theme: ChartTheme, legend: boolean) {
  const shown = legend ? { orient: 'top' as const, title: null, columns: 4, symbolOpacity: 1 } : null;
  const scale = (range: string[]) => ({ domain: [...names], range });
  const series = { field: 'series', type: 'nominal' as const, legend: shown };
  return {
    color: { ...series, scale: scale(names.map((_, i) => seriesColour(theme, i))) },
    shape: { ...series, scale: scale(names.map((_, i) => shapes[i % shapes.length].name)) },
  };
}
