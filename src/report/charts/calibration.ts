import {
  calibrationError,
  type Prediction,
  predict,
  type ReliabilityBin,
  reliability,
} from '../../metrics/calibration.ts';
import { formatFigure } from '../../output/figures.ts';
import type { Benchmark } from '../../results/benchmarks.ts';
import type { AnsweredDocument } from '../../results/read/documents.ts';
import type { ReportData } from '../report_data.ts';
import type { ChartKind, Layer, Panel } from './chart.ts';
import { figureAxis } from './panel.ts';
import { type ChartTheme, seriesColour } from './theme.ts';

const caption =
  'Confidence: softmax over the log-likelihoods of the choices, of the most likely one. ECE: expected calibration ' +
  'error over ten bins, of which those with less than 0.5% of the documents have no point. Columns: share of ' +
  'documents. Bars: 95% confidence intervals.';

export const calibrationChart: ChartKind = {
  needs: 'samples with log-likelihoods of choices beside the results',
  ofDocuments: true,
  ofEveryStep: false,
  draw(data, theme) {
    const panels = calibrationPanels(data, theme);
    const models = new Set(panels.map(({ title }) => title)).size;
    return { title: 'Calibration', caption, panels, ...(models <= mostColumns ? { columns: models } : {}) };
  },
};

/** Models that stand in one row of a file of their own, so that each benchmark is a row. */
const mostColumns = 6;

/** Benchmarks that each have curves of their own: more, such as MMLU's subjects, would be hundreds of panels. */
const mostBenchmarks = 24;

/** A reliability curve for each benchmark and model with samples, before them those over all benchmarks. */
function calibrationPanels({ models, benchmarks, documents }: ReportData, theme: ChartTheme): Panel[] {
  const predictions = models.map((_, model) => predictionsOf(documents, model));
  const present = benchmarks.filter((benchmark) => predictions.some((each) => each.has(benchmark)));
  const own = present.length <= mostBenchmarks ? present : [];
  const groups = own.map((benchmark) => ({ title: benchmark.title, members: [benchmark] }));
  const all = { title: 'All benchmarks', members: present };
  return [...(present.length > 1 ? [all] : []), ...groups].flatMap(({ title: group, members }) =>
    models.flatMap(({ label, series }, model): Panel[] => {
      const made = members.flatMap((benchmark) => predictions[model].get(benchmark) ?? []);
      if (made.length === 0) return [];
      const bins = reliability(made);
      const count = `${made.length.toLocaleString('en')} documents`;
      return [
        {
          group,
          title: label,
          subtitle: `${group} · ECE ${formatFigure(calibrationError(bins))} · ${count}`,
          layers: curveLayers(bins, made.length, seriesColour(theme, series), theme),
          height: 230,
          margin: { left: 48, right: 16, bottom: 42 },
        },
      ];
    }),
  );
}

/** A model's predictions by benchmark. */
function predictionsOf(documents: readonly AnsweredDocument[], model: number): Map<Benchmark, Prediction[]> {
  const found = new Map<Benchmark, Prediction[]>();
  for (const { answers, gold, benchmark } of documents) {
    const logLikelihoods = answers[model]?.logLikelihoods;
    const prediction = logLikelihoods ? predict(logLikelihoods, gold) : null;
    if (!prediction) continue;
    const own = found.get(benchmark);
    if (own) own.push(prediction);
    else found.set(benchmark, [prediction]);
  }
  return found;
}

/** Of the documents, for a bin to have a point: the accuracy of a few says nothing. */
const leastShare = 0.005;

function curveLayers(bins: ReliabilityBin[], total: number, colour: string, { muted, soft }: ChartTheme): Layer[] {
  const data = {
    values: bins
      .filter(({ count }) => count >= leastShare * total)
      .map(({ confidence, accuracy, interval: [low, high], count }) => {
        const left = Math.min(9, Math.floor(confidence * 10)) / 10;
        return {
          confidence,
          accuracy,
          low,
          high,
          base: 0,
          share: count / total,
          left: left + 0.005,
          right: left + 0.095,
        };
      }),
  };
  const axis = (title: string) => ({ ...figureAxis, format: '.2f', title, values: [0, 0.25, 0.5, 0.75, 1] });
  const scale = { domain: [0, 1], nice: false };
  const x = { type: 'quantitative' as const, scale, axis: axis('confidence') };
  const y = { type: 'quantitative' as const, scale, axis: axis('accuracy') };
  const curve = { x: { field: 'confidence', ...x }, y: { field: 'accuracy', ...y } };
  const corners = { values: [0, 1].map((at) => ({ confidence: at, accuracy: at })) };
  return [
    {
      data,
      mark: { type: 'rect', color: soft, opacity: 0.7 },
      encoding: {
        x: { field: 'left', ...x },
        x2: { field: 'right' },
        y: { field: 'base', ...y },
        y2: { field: 'share' },
      },
    },
    { data: corners, mark: { type: 'line', strokeDash: [3, 3], strokeWidth: 1, color: muted }, encoding: curve },
    { data, mark: { type: 'line', strokeWidth: 1.5, color: colour }, encoding: curve },
    {
      data,
      mark: { type: 'rule', color: colour },
      encoding: { x: curve.x, y: { field: 'low', ...y }, y2: { field: 'high' } },
    },
    { data, mark: { type: 'point', filled: true, size: 50, opacity: 1, color: colour }, encoding: curve },
  ];
}
