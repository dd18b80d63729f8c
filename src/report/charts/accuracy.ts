import { mean } from '../../metrics/statistics.ts';
import { formatFigure } from '../../output/figures.ts';
import { averaged } from '../../results/averaged.ts';
import type { Benchmark } from '../../results/benchmarks.ts';
import type { ReportData } from '../report_data.ts';
import type { Estimate, TableRow } from '../table/table_model.ts';
import type { ChartKind, Layer, Panel } from './chart.ts';
import { figureAxis, figureScale, panelWidth, rowAxis, rowHeight, rowLabelWidth } from './panel.ts';
import { type ChartTheme, seriesColour } from './theme.ts';

/** Standard errors on each side of a figure: 95% of the normal distribution. */
export const errorReach = 1.96;

export const accuracyChart: ChartKind = {
  needs: 'figures',
  ofDocuments: false,
  ofEveryStep: false,
  draw: (data, theme) => ({
    title: `${figureNoun(data)} by model`,
    caption: intervalCaption('Bars', data),
    panels: accuracyPanels(data, theme),
  }),
};

/** What is drawn around figures, and chance where it is known. @param marks such as `Bars` */
export function intervalCaption(marks: string, { chances }: ReportData): string {
  const dashed = chances.some((chance) => chance !== null) ? ' Dashed: chance.' : '';
  return `${marks}: 95% confidence intervals (${errorReach} standard errors).${dashed}`;
}

/** What the figures are called in headings. */
export function figureNoun({ benchmarks }: ReportData): string {
  return benchmarks.every(({ unit }) => unit === 'accuracy') ? 'Accuracy' : 'Scores';
}

/** One panel a benchmark, the average first; one row a model. */
function accuracyPanels(data: ReportData, theme: ChartTheme): Panel[] {
  return figureColumns(data).map(({ title, metric, estimates, chance }) => {
    const labels = data.models.map(({ label }) => label);
    const rows = estimates.flatMap((estimate, row) => {
      const colour = seriesColour(theme, data.models[row].series);
      return estimate ? [{ row, colour, ...interval(estimate) }] : [];
    });
    const scale = figureScale([...rows.flatMap(({ low, high }) => [low, high]), ...(chance === null ? [] : [chance])]);
    const width = panelWidth - rowLabelWidth(labels) - 44;
    return {
      title,
      subtitle: metric,
      layers: [...chanceLayers(chance, theme), ...estimateLayers(rows, scale, rowAxis(labels), width, theme)],
      height: rowHeight * labels.length + 4,
      margin: { left: rowLabelWidth(labels), right: 44, bottom: 26 },
    };
  });
}

export interface FigureColumn {
  title: string;
  metric: string;
  /** null for the average. */
  benchmark: Benchmark | null;
  /** One a row. */
  estimates: (Estimate | null)[];
  /** Expected of guessing; null where it is not known. */
  chance: number | null;
}

/** Columns of some rows of a table with at least one figure, the average first. */
export function figureColumns(
  { benchmarks, chances, table }: Pick<ReportData, 'benchmarks' | 'chances' | 'table'>,
  rows: readonly TableRow[] = table.rows,
): FigureColumn[] {
  const columns = benchmarks.map((benchmark, i) => ({
    title: benchmark.title,
    metric: benchmark.metric,
    benchmark,
    estimates: rows.map((row) => row.cells[i]),
    chance: chances[i],
  }));
  const members = averaged(benchmarks);
  const guesses = members.flatMap((benchmark) => chances[benchmarks.indexOf(benchmark)] ?? []);
  const average = {
    title: 'Average',
    metric: `of ${members.length} benchmarks`,
    benchmark: null,
    estimates: rows.map((row) => row.average),
    chance: guesses.length === members.length ? mean(guesses) : null,
  };
  return [...(members.length > 0 ? [average] : []), ...columns].filter((column) =>
    column.estimates.some((estimate) => estimate),
  );
}

/** A figure with the ends of its error bar. */
export function interval({ value, stderr }: Estimate): { value: number; low: number; high: number; text: string } {
  const reach = errorReach * (stderr ?? 0);
  return { value, low: value - reach, high: value + reach, text: formatFigure(value) };
}

function estimateLayers(
  rows: object[],
  scale: ReturnType<typeof figureScale>,
  y: ReturnType<typeof rowAxis>,
  width: number,
  { ink }: ChartTheme,
): Layer[] {
  const data = { values: rows };
  const row = { field: 'row', ...y };
  const x = { type: 'quantitative' as const, scale, axis: figureAxis };
  const color = { field: 'colour', type: 'nominal' as const, scale: null };
  return [
    {
      data,
      mark: { type: 'rule', strokeWidth: 2 },
      encoding: { y: row, x: { field: 'low', ...x }, x2: { field: 'high' }, color },
    },
    {
      data,
      mark: { type: 'point', filled: true, size: 60, opacity: 1 },
      encoding: { y: row, x: { field: 'value', ...x }, color },
    },
    {
      data,
      mark: { type: 'text', align: 'right', fontSize: 11, color: ink },
      encoding: { y: row, x: { value: width + 40 }, text: { field: 'text', type: 'nominal' } },
    },
  ];
}

/** @param channel the axis of the figures */
export function chanceLayers(chance: number | null, { muted }: ChartTheme, channel: 'x' | 'y' = 'x'): Layer[] {
  if (chance === null) return [];
  const mark = { type: 'rule' as const, strokeDash: [3, 3], color: muted };
  return [{ data: { values: [{ chance }] }, mark, encoding: { [channel]: { field: 'chance', type: 'quantitative' } } }];
}
