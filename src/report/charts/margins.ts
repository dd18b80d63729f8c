import { quantile } from '../../metrics/inference/bootstrap.ts';
import { estimateDensity } from '../../metrics/inference/density.ts';
import { goldMargin } from '../../metrics/softmax.ts';
import type { ReportData } from '../report_data.ts';
import type { ChartKind, Layer, Panel } from './chart.ts';
import { rowAxis, rowLabelWidth } from './panel.ts';
import { type ChartTheme, seriesColour } from './theme.ts';

const caption =
  'Log-likelihood of the right choice less that of the best wrong one, in nats: right of the line the model prefers ' +
  'the right choice. Ticks: medians. The outermost 1% are cut off.';

export const marginsChart: ChartKind = {
  needs: 'samples with log-likelihoods of choices beside the results',
  ofDocuments: true,
  ofEveryStep: false,
  draw: (data, theme) => ({ title: 'Log-likelihood margins', caption, panels: marginPanels(data, theme) }),
};

const ridgeHeight = 40;
/** Rows that the highest ridge reaches up. */
const overlap = 1.15;

/** One panel a benchmark, one ridge a model with samples. */
function marginPanels(data: ReportData, theme: ChartTheme): Panel[] {
  const { models, documents, benchmarks } = data;
  return benchmarks.flatMap((benchmark): Panel[] => {
    const own = documents.filter((document) => document.benchmark === benchmark);
    const margins = models.map((_, model) =>
      own.flatMap(({ answers, gold }) => {
        const logLikelihoods = answers[model]?.logLikelihoods;
        const margin = logLikelihoods ? goldMargin(logLikelihoods, gold) : null;
        return margin !== null && Number.isFinite(margin) ? [margin] : [];
      }),
    );
    const present = [...models.keys()].filter((model) => margins[model].length > 0);
    if (present.length === 0) return [];
    const labels = present.map((model) => models[model].label);
    const colours = present.map((model) => seriesColour(theme, models[model].series));
    return [
      {
        title: benchmark.title,
        layers: ridgeLayers(
          present.map((model) => margins[model]),
          labels,
          colours,
          theme,
        ),
        height: ridgeHeight * (labels.length + 0.7),
        margin: { left: rowLabelWidth(labels), right: 16, bottom: 42 },
      },
    ];
  });
}

function ridgeLayers(margins: number[][], labels: string[], colours: string[], { muted, ink }: ChartTheme): Layer[] {
  const domain = shownDomain(margins.flat());
  const ridges = margins.map((values) => estimateDensity(values, domain));
  const highest = Math.max(...ridges.flatMap(({ density }) => density));
  const y = rowAxis(labels, overlap);
  const x = {
    type: 'quantitative' as const,
    scale: { domain, nice: false, zero: false },
    axis: { title: 'nats', tickCount: 5 },
  };
  const medians = margins.map((values, row) => ({
    row,
    top: row - 0.3,
    median: quantile(
      values.toSorted((a, b) => a - b),
      0.5,
    ),
  }));
  const areas = ridges.map(({ points, density }, row): Layer => {
    const values = points.map((point, i) => ({ point, row, top: row - (overlap * density[i]) / highest }));
    return {
      data: { values },
      mark: { type: 'area', color: colours[row], fillOpacity: 0.25, line: { color: colours[row], strokeWidth: 1.5 } },
      encoding: { x: { field: 'point', ...x }, y: { field: 'top', ...y }, y2: { field: 'row' } },
    };
  });
  const zero = {
    data: { values: [{}] },
    mark: { type: 'rule' as const, strokeDash: [3, 3], color: muted },
    encoding: { x: { datum: 0, ...x } },
  };
  const median: Layer = {
    data: { values: medians },
    mark: { type: 'rule', color: ink, strokeWidth: 2 },
    encoding: { x: { field: 'median', ...x }, y: { field: 'row', ...y }, y2: { field: 'top' } },
  };
  return [...areas, zero, median];
}

/** From the 0.5th to the 99.5th percentile, and 0. */
function shownDomain(values: readonly number[]): [number, number] {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [Math.min(0, quantile(sorted, 0.005)), Math.max(0, quantile(sorted, 0.995))];
  const room = 0.05 * (high - low) || 1;
  return [low - room, high + room];
}
