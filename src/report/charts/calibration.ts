import { calibrationError, predict, type ReliabilityBin, reliability } from '../../metrics/calibration.ts';
import { formatFigure } from '../../output/figures.ts';
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
  draw: (data, theme) => ({ title: 'Calibration', caption, panels: calibrationPanels(data, theme) }),
};

/** A reliability curve for each model with samples, over the documents of all benchmarks. */
function calibrationPanels({ models, documents }: ReportData, theme: ChartTheme): Panel[] {
  return models.flatMap(({ label, series }, model): Panel[] => {
    const predictions = documents.flatMap(({ answers, gold }) => {
      const logLikelihoods = answers[model]?.logLikelihoods;
      return (logLikelihoods && predict(logLikelihoods, gold)) ?? [];
    });
    if (predictions.length === 0) return [];
    const bins = reliability(predictions);
    const count = `${predictions.length.toLocaleString('en')} documents`;
    return [
      {
        title: label,
        subtitle: `ECE ${formatFigure(calibrationError(bins))} · ${count}`,
        layers: curveLayers(bins, predictions.length, seriesColour(theme, series), theme),
        height: 230,
        margin: { left: 48, right: 16, bottom: 42 },
      },
    ];
  });
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
  const axis = (title: string) => ({ ...figureAxis, title, values: [0, 0.25, 0.5, 0.75, 1] });
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
