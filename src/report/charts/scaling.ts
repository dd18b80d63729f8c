import { mean } from '../../metrics/statistics.ts';
import { readableCount } from '../../output/units.ts';
import { nominalSize } from '../../results/scale.ts';
import { type ReportData, seriesNames } from '../report_data.ts';
import { figureColumns, figureNoun, interval } from './accuracy.ts';
import type { ChartKind, Layer, Panel } from './chart.ts';
import { figureAxis, figureScale } from './panel.ts';
import { seriesEncoding } from './series.ts';
import type { ChartTheme } from './theme.ts';

export const scalingChart: ChartKind = {
  needs: 'models of at least two sizes',
  ofDocuments: false,
  ofEveryStep: false,
  draw: (data, theme, legend) => ({
    title: `${figureNoun(data)} against parameters`,
    caption: 'Models that differ in size alone are joined. Bars: 95% confidence intervals.',
    panels: scalingPanels(data, theme, legend),
    series: seriesNames(data.models),
  }),
};

/**
 * Figures against parameters on a logarithmic axis, one panel a benchmark, the average first; none where the models are
 * of less than two known sizes.
 *
 * @param legend whether the figure itself tells the series
 */
function scalingPanels(data: ReportData, theme: ChartTheme, legend: boolean): Panel[] {
  const sizes = data.models.map(({ results }) => results.parameters ?? nominalSize(results.name));
  const known = sizes.filter((size) => size !== null);
  if (new Set(known).size < 2) return [];
  const names = seriesNames(data.models);
  return figureColumns(data).flatMap(({ title, metric, estimates }): Panel[] => {
    const points = estimates.flatMap((estimate, i) => {
      const size = sizes[i];
      return estimate && size !== null ? [{ size, series: data.models[i].series, ...interval(estimate) }] : [];
    });
    const own = points.map(({ size }) => size);
    if (own.length === 0) return [];
    const places = sideBySide(own);
    const drawn = points.map((point, i) => ({ ...point, series: names[point.series], size: places[i] }));
    return [
      {
        title,
        subtitle: metric,
        layers: pointLayers(drawn, distinctSizes(own), seriesEncoding(names, theme, legend)),
        height: 210,
        margin: { left: 40, right: 16, bottom: 42 },
      },
    ];
  });
}

/**
 * Where points of some sizes stand, none of which covers another: at their sizes, or about the middle of those that are
 * nearer to each other than parts of the axis.
 */
function sideBySide(sizes: readonly number[]): number[] {
  const logarithms = sizes.map(Math.log);
  const step = 0.025 * (Math.max(...logarithms) - Math.min(...logarithms) || 1);
  const crowds: { members: number[]; centre: number }[] = [];
  for (const i of [...sizes.keys()].sort((a, b) => sizes[a] - sizes[b])) {
    crowds.push({ members: [i], centre: logarithms[i] });
    for (let last = crowds.at(-1)!, before = crowds.at(-2); before; before = crowds.at(-2)) {
      const members = [...before.members, ...last.members];
      if (last.centre - before.centre >= (step * members.length) / 2) break;
      last = { members, centre: mean(members.map((each) => logarithms[each])) };
      crowds.splice(-2, 2, last);
    }
  }
  const places = [...sizes];
  for (const { members, centre } of crowds)
    for (const [rank, i] of members.entries()) places[i] = Math.exp(centre + step * (rank - (members.length - 1) / 2));
  return places;
}

/** Sizes far enough apart for labels. */
function distinctSizes(sizes: readonly number[]): number[] {
  const sorted = [...new Set(sizes)].sort((a, b) => a - b);
  const range = Math.log(sorted.at(-1)! / sorted[0]);
  const kept: number[] = [];
  for (const size of sorted) if (kept.length === 0 || Math.log(size / kept.at(-1)!) > 0.16 * range) kept.push(size);
  return kept;
}

function pointLayers(
  values: Pick<ReturnType<typeof interval>, 'low' | 'high'>[],
  ticks: number[],
  { color, shape }: ReturnType<typeof seriesEncoding>,
): Layer[] {
  const data = { values };
  const labels = ticks.map(readableCount);
  const labelExpr = `${JSON.stringify(labels)}[indexof(${JSON.stringify(ticks)}, datum.value)]`;
  const x = {
    field: 'size',
    type: 'quantitative' as const,
    scale: { type: 'log' as const, nice: false, padding: 14 },
    axis: { title: 'parameters', values: ticks, labelExpr, grid: false },
  };
  const scale = figureScale(values.flatMap(({ low, high }) => [low, high]));
  const y = { type: 'quantitative' as const, scale, axis: figureAxis };
  return [
    { data, mark: { type: 'line', strokeWidth: 1.5 }, encoding: { x, y: { field: 'value', ...y }, color } },
    { data, mark: { type: 'rule' }, encoding: { x, y: { field: 'low', ...y }, y2: { field: 'high' }, color } },
    {
      data,
      mark: { type: 'point', filled: true, size: 60, opacity: 1 },
      encoding: { x, y: { field: 'value', ...y }, color, shape },
    },
  ];
}
