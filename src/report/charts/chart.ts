import type { TopLevelSpec } from 'vega-lite';
import type { ReportData } from '../report_data.ts';
import type { ChartTheme } from './theme.ts';

/** One kind of charts: what it needs of results, and how it is drawn. */
export interface ChartKind {
  /** What there must be in results for it, as the end of an error. */
  needs: string;
  /** Whether it is made of documents, and not of benchmarks' figures alone. */
  ofDocuments: boolean;
  /** Whether it shows every checkpoint of a run, and not some of them. */
  ofEveryStep: boolean;
  /** @param legend whether the panels themselves tell what colours mean, where their rows do not */
  draw(data: ReportData, theme: ChartTheme, legend: boolean): Chart;
}

/** Panels of one kind under a heading. */
export interface Chart {
  title: string;
  /** What marks and bars mean. */
  caption: string;
  /** None where the results do not have what it takes. */
  panels: Panel[];
  /** How many panels stand beside each other in a file of their own; three if left out. */
  columns?: number;
  /** What colours and shapes mean, in their order; left out where rows or titles say it. */
  series?: string[];
}

/** One small chart; several stand side by side, each as wide as a phone's screen. Texts may come from anywhere. */
export interface Panel {
  title: string;
  subtitle?: string;
  /** Panels of one group follow each other, and a page shows one group at a time; left out where all are shown. */
  group?: string;
  layers: Layer[];
  /** Pixels from the top to the bottom of the plot. */
  height: number;
  /** Pixels beside the plot, for its labels. */
  margin: { left: number; right: number; bottom: number };
}

export type Layer = Extract<TopLevelSpec, { layer: unknown[] }>['layer'][number];
