/** Charts by name, in the order of lists. What draws them takes long to load, and a list of names need not. */
export const chartKinds = ['accuracy', 'scaling', 'training', 'calibration', 'margins'] as const;
export type ChartKind = (typeof chartKinds)[number];
