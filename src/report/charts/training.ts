import { partingTest } from '../../compare/parting.ts';
import { plainText } from '../../output/plain_text.ts';
import type { Checkpoint } from '../../results/steps.ts';
import type { ReportData, Training } from '../report_data.ts';
import { rowOf } from '../table/results_table.ts';
import { chanceLayers, type FigureColumn, figureColumns, figureNoun, interval, intervalCaption } from './accuracy.ts';
import type { ChartKind, Layer, Panel } from './chart.ts';
import { figureAxis, figureScale } from './panel.ts';
import { seriesEncoding } from './series.ts';
import { type ChartTheme, seriesColour } from './theme.ts';

/** Shapes along an axis, which tell a run's line from others without colours. */
const shapesOfLine = 8;

export const trainingChart: ChartKind = {
  needs: 'checkpoints of at least two steps of one run, told by their names (owner/name@step1000, runs/exp1/step_1000)',
  ofDocuments: false,
  ofEveryStep: true,
  draw: (data, theme, legend) => ({
    title: `${figureNoun(data)} over training`,
    caption: trainingCaption(data),
    panels: trainingPanels(data, theme, legend),
    series: data.training.runs.map(({ label }) => label),
  }),
};

function trainingCaption(data: ReportData): string {
  const { partings, runs } = data.training;
  const bands = intervalCaption('Bands', data);
  if (!partings) return bands;
  const baseline = runs.find(({ name }) => name === partings.baseline)!.label;
  return `${bands} Dotted: from there to the last step a run differs from ${baseline} at every step, ${partingTest(partings)}.`;
}

/**
 * Figures over steps or tokens, one panel a benchmark, the average first; one line a training run. None where no run has
 * two checkpoints.
 *
 * @param legend whether the figure itself tells the runs
 */
function trainingPanels(data: ReportData, theme: ChartTheme, legend: boolean): Panel[] {
  const { training, benchmarks } = data;
  if (training.runs.every(({ checkpoints }) => checkpoints.length < 2)) return [];
  const all = training.runs.flatMap(({ checkpoints }) => checkpoints.map((each) => placeOf(each, training)));
  const places = training.runs.flatMap(({ label, checkpoints }) => {
    const marked = spacedOut(checkpoints, all, training);
    return checkpoints.map((checkpoint) => {
      const row = rowOf(checkpoint.model, benchmarks, label);
      return { series: plainText(label), place: placeOf(checkpoint, training), marked: marked.has(checkpoint), row };
    });
  });
  const columns = figureColumns(
    data,
    places.map(({ row }) => row),
  );
  const names = training.runs.map(({ label }) => plainText(label));
  const encoding = seriesEncoding(names, theme, legend);
  const x = placeAxis(all, training);
  return columns.map((column) => {
    const points = column.estimates.flatMap((estimate, i) => {
      const { series, place, marked } = places[i];
      return estimate ? [{ series, place, marked, ...interval(estimate) }] : [];
    });
    return {
      title: column.title,
      subtitle: [column.metric, ...partingText(column, training)].join(' · '),
      layers: [
        ...curveLayers(points, x, encoding),
        ...chanceLayers(column.chance, theme, 'y'),
        ...partingLayers(column, training, x, theme),
      ],
      height: 210,
      margin: { left: 40, right: 16, bottom: 42 },
    };
  });
}

/** Where a checkpoint stands on the axis. */
function placeOf({ step, tokens }: Checkpoint, { overTokens }: Training): number {
  return overTokens ? tokens! : step;
}

/** All of a few checkpoints; of many, some that stand apart on the axis, the first and the last among them. */
function spacedOut(checkpoints: readonly Checkpoint[], places: readonly number[], training: Training): Set<Checkpoint> {
  const least = Math.min(...places.filter((place) => place > 0));
  const position = (place: number) => (training.axis === 'log' ? Math.log1p(place / least) : place);
  if (checkpoints.length <= shapesOfLine) return new Set(checkpoints);
  const gap = (position(Math.max(...places)) - position(Math.min(...places))) / shapesOfLine;
  const end = checkpoints[checkpoints.length - 1];
  const kept = new Set([end]);
  let last = Number.NEGATIVE_INFINITY;
  for (const checkpoint of checkpoints) {
    const here = position(placeOf(checkpoint, training));
    if (here - last < gap || position(placeOf(end, training)) - here < gap) continue;
    kept.add(checkpoint);
    last = here;
  }
  return kept;
}

type PlaceAxis = ReturnType<typeof placeAxis>;

/** Of steps or tokens. A logarithmic axis that has a step 0 is linear up to the first step after it. */
function placeAxis(places: readonly number[], { axis, overTokens }: Training) {
  const positive = places.filter((place) => place > 0);
  const [least, most] = [Math.min(...positive), Math.max(...positive)];
  const title = overTokens ? 'tokens' : 'steps';
  const labelExpr = "replace(replace(format(datum.value, '~s'), 'G', 'B'), 'k', 'K')";
  const look = { title, labelExpr, labelFlush: false, grid: false };
  const quantitative = { field: 'place', type: 'quantitative' as const };
  if (axis === 'linear' || positive.length === 0)
    return {
      ...quantitative,
      scale: { nice: false, zero: false },
      axis: { ...look, tickCount: 5 },
    };
  const hasStart = positive.length < places.length;
  const scale = hasStart ? { type: 'symlog' as const, constant: least } : { type: 'log' as const };
  const values = [...(hasStart ? [0] : []), ...logTicks(least, most)];
  return { ...quantitative, scale: { ...scale, nice: false }, axis: { ...look, values } };
}

/** At most some seven: powers of ten, every so many of them; with 2 and 5 between where there are few. */
function logTicks(least: number, most: number): number[] {
  const [low, high] = [Math.ceil(Math.log10(least)), Math.floor(Math.log10(most))];
  if (high - low < 2) {
    const powers = Array.from({ length: high - low + 3 }, (_, i) => 10 ** (low - 1 + i));
    return powers.flatMap((power) => [power, 2 * power, 5 * power]).filter((tick) => tick >= least && tick <= most);
  }
  const stride = Math.ceil((high - low + 1) / 6);
  return Array.from({ length: Math.floor((high - low) / stride) + 1 }, (_, i) => 10 ** (low + i * stride));
}

function curveLayers(
  values: Pick<ReturnType<typeof interval>, 'low' | 'high'>[],
  x: PlaceAxis,
  { color, shape }: ReturnType<typeof seriesEncoding>,
): Layer[] {
  const data = { values };
  const scale = { ...figureScale(values.flatMap(({ low, high }) => [low, high])), nice: false };
  const y = { type: 'quantitative' as const, scale, axis: figureAxis };
  const value = { field: 'value', ...y };
  return [
    {
      data,
      mark: { type: 'area', opacity: 0.16 },
      encoding: { x, y: { field: 'low', ...y }, y2: { field: 'high' }, color },
    },
    { data, mark: { type: 'line', strokeWidth: 1.5 }, encoding: { x, y: value, color } },
    {
      data,
      transform: [{ filter: 'datum.marked' }],
      mark: { type: 'point', filled: true, size: 42, opacity: 1 },
      encoding: { x, y: value, color, shape },
    },
  ];
}

function partingsOf({ benchmark }: FigureColumn, { partings }: Training) {
  return partings?.partings.filter((parting) => parting.benchmark === benchmark && parting.looks > 0) ?? [];
}

function partingLayers(column: FigureColumn, training: Training, x: PlaceAxis, theme: ChartTheme): Layer[] {
  return partingsOf(column, training).flatMap(({ run, step }): Layer[] => {
    if (step === null) return [];
    const colour = seriesColour(
      theme,
      training.runs.findIndex(({ name }) => name === run),
    );
    const { checkpoints } = training.runs.find(({ name }) => name === run)!;
    const place = placeOf(checkpoints.find((checkpoint) => checkpoint.step === step)!, training);
    const mark = { type: 'rule' as const, strokeDash: [1, 3], strokeWidth: 1.5, color: colour };
    return [{ data: { values: [{ place }] }, mark, encoding: { x } }];
  });
}

/** Of two runs in words; of more, the lines have to do. */
function partingText(column: FigureColumn, training: Training): string[] {
  const [parting, ...others] = partingsOf(column, training);
  if (!parting || others.length > 0) return [];
  return [parting.step === null ? 'not apart at the end' : `apart from step ${parting.step.toLocaleString('en')}`];
}
