import type { ChartKind } from './chart.ts';

/** Every chart by its name, in the order of lists; loaded when it is drawn, because what draws takes long to load. */
const charts = {
  accuracy: async () => (await import('./accuracy.ts')).accuracyChart,
  scaling: async () => (await import('./scaling.ts')).scalingChart,
  training: async () => (await import('./training.ts')).trainingChart,
  calibration: async () => (await import('./calibration.ts')).calibrationChart,
  margins: async () => (await import('./margins.ts')).marginsChart,
} satisfies Record<string, () => Promise<ChartKind>>;

export type ChartName = keyof typeof charts;

export const chartNames = Object.keys(charts) as ChartName[];

export function loadChart(name: ChartName): Promise<ChartKind> {
  return charts[name]();
}
