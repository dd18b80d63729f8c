/** Colours of charts: names of a palette, or CSS variables that a page sets for light and dark. */
export interface ChartTheme {
  background: string;
  ink: string;
  muted: string;
  grid: string;
  /** Of areas behind lines. */
  soft: string;
  /** Of models or families of them, in turn. */
  series: readonly string[];
}

/** Contrast of at least 3 : 1 on white. */
const onWhite = ['#2563c9', '#c2570c', '#0f7d68', '#b0297a', '#6d4bc4', '#857000', '#0b7ba1', '#5f6b7a'];

/** For files of their own. */
export const paperTheme: ChartTheme = {
  background: '#ffffff',
  ink: '#1c2127',
  muted: '#5b6570',
  grid: '#dfe3e8',
  soft: '#c9d1da',
  series: onWhite,
};

/** For a page that defines the variables. */
export const pageTheme: ChartTheme = {
  background: 'transparent',
  ink: 'var(--ink)',
  muted: 'var(--muted)',
  grid: 'var(--grid)',
  soft: 'var(--soft)',
  series: onWhite.map((_, i) => `var(--series-${i})`),
};

/** Signs of the series, by which they are told apart without colours: Vega's names, and characters that look alike. */
export const shapes = [
  { name: 'circle', character: '●' },
  { name: 'square', character: '■' },
  { name: 'triangle-up', character: '▲' },
  { name: 'diamond', character: '◆' },
  { name: 'cross', character: '✚' },
  { name: 'triangle-down', character: '▼' },
  { name: 'triangle-right', character: '▶' },
] as const;

export function seriesColour({ series }: ChartTheme, index: number): string {
  return series[index % series.length];
}
