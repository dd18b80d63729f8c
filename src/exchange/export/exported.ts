import type { MetricResult, ModelResults } from '../../results/model_results.ts';

/** A file of an exported format. */
export interface ExportedFile {
  /** Below the output folder. */
  path: string;
  content: string;
}

export interface ExportOptions {
  /** Who evaluated. */
  organization: string;
  /** Who that is to the model's developer. */
  relationship: Relationship;
}

export const relationships = ['first_party', 'third_party', 'collaborative', 'other'] as const;
export type Relationship = (typeof relationships)[number];

/** One figure of a benchmark. */
export interface ExportedFigure {
  benchmark: string;
  shots: number | null;
  /** `exact_match,strict-match` under a filter. */
  metric: string;
  figure: MetricResult;
  /** Whether it is the benchmark's own metric. */
  isHeadline: boolean;
}

/** Finite figures, benchmark by benchmark, each one's headline first. */
export function figuresOf({ benchmarks }: ModelResults): ExportedFigure[] {
  return benchmarks.flatMap(({ name, shots, figures }) => {
    const finite = [...figures].filter(([, { value }]) => Number.isFinite(value));
    const headline = finite.find(([metric, { source }]) => metric === source.headline) ?? finite[0];
    const rest = finite.filter((each) => each !== headline);
    return [...(headline ? [headline] : []), ...rest].map(([metric, figure]) => ({
      benchmark: name,
      shots,
      metric,
      figure,
      isHeadline: metric === headline?.[0],
    }));
  });
}

/** ISO 8601, or undefined where the file does not tell. */
export function dateOf({ date }: Pick<ModelResults, 'date'>): string | undefined {
  return date === null ? undefined : new Date(date * 1000).toISOString();
}
