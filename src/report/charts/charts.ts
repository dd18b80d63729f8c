import { type ReportData, seriesNames } from '../report_data.ts';
import { accuracyCaption, accuracyPanels, figureNoun } from './accuracy.ts';
import { calibrationCaption, calibrationPanels } from './calibration.ts';
import type { ChartKind } from './kinds.ts';
import { marginPanels, marginsCaption } from './margins.ts';
import type { Chart } from './panel.ts';
import { scalingCaption, scalingPanels } from './scaling.ts';
import type { ChartTheme } from './theme.ts';
import { trainingCaption, trainingPanels } from './training.ts';

/** @param legend whether the panels themselves tell what colours mean, where their rows do not */
export function makeChart(kind: ChartKind, data: ReportData, theme: ChartTheme, legend: boolean): Chart {
  return makers[kind](data, theme, legend);
}

const makers: Readonly<Record<ChartKind, (data: ReportData, theme: ChartTheme, legend: boolean) => Chart>> = {
  accuracy: (data, theme) => ({
    title: `${figureNoun(data)} by model`,
    caption: accuracyCaption,
    panels: accuracyPanels(data, theme),
  }),
  scaling: (data, theme, legend) => ({
    title: `${figureNoun(data)} against parameters`,
    caption: scalingCaption,
    panels: scalingPanels(data, theme, legend),
    series: seriesNames(data.models),
  }),
  training: (data, theme, legend) => ({
    title: `${figureNoun(data)} over training`,
    caption: trainingCaption(data.training),
    panels: trainingPanels(data, theme, legend),
    series: data.training.runs.map(({ label }) => label),
  }),
  calibration: (data, theme) => ({
    title: 'Calibration',
    caption: calibrationCaption,
    panels: calibrationPanels(data, theme),
  }),
  margins: (data, theme) => ({
    title: 'Log-likelihood margins',
    caption: marginsCaption,
    panels: marginPanels(data, theme),
  }),
};
