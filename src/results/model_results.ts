import type { HonSetting } from '../model/hon.ts';

/** One model's figures, as a results file holds them. Texts may come from anywhere. */
export interface ModelResults {
  /** The label that the user gave, or the model's own name. */
  name: string;
  /** As the results have it: `owner/name@revision`. */
  ownName: string;
  /** The results file. */
  file: string;
  /** Seconds since 1970 at which the run started; null where the file does not tell. */
  date: number | null;
  /** null where the file does not tell. */
  parameters: number | null;
  /** null for standard attention, and where the file does not tell. */
  honSetting: HonSetting | null;
  /** In the file's order, groups left out. */
  benchmarks: BenchmarkResults[];
  /** What lm-evaluation-harness aggregates over several benchmarks. */
  groups: BenchmarkResults[];
}

export interface BenchmarkResults {
  /** lm-evaluation-harness's name of the task. */
  name: string;
  /** By metric: `acc`, `acc_norm`; `exact_match,strict-match` under a filter. */
  figures: ReadonlyMap<string, MetricResult>;
  /** Documents scored; null where it is not known. */
  size: number | null;
  /** Of the task's definition. */
  version: number | null;
  /** Examples in the prompt. */
  shots: number | null;
  /** The metric that the file itself names as the one to show. */
  headline: string | null;
  /** What joins a choice to the context in this benchmark's requests. */
  delimiter: string;
  /** The file with one line a document; null where there is none. */
  samplesFile: string | null;
}

export interface MetricResult {
  /** NaN and infinities included: what cannot be shown is refused where it is asked for. */
  value: number;
  /** null where it is not defined. */
  stderr: number | null;
  higherIsBetter: boolean;
}
