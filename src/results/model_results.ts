import type { Json } from '../json.ts';
import type { MetricFacts } from '../metrics/metric.ts';
import type { HonSetting } from '../model/hon.ts';

/** One model's figures, of one results file or merged from several. Texts may come from anywhere. */
export interface ModelResults {
  /** The label that the user gave, or the model's own name. */
  name: string;
  /** As the results have it: `owner/name@revision`. */
  ownName: string;
  /** The results file; the newest of several. */
  file: string;
  /** What made the file, with its version. */
  library: { name: 'hon-eval' | 'lm_eval'; version: string };
  /** Seconds since 1970 at which the run started; null where the file does not tell. */
  date: number | null;
  /** null where the file does not tell. */
  parameters: number | null;
  /** Tokens that it was trained on; null where the file does not tell. */
  trainedTokens: number | null;
  /** sha256 of the weights, by which models of one name are told apart; null where the file does not tell. */
  weights: string | null;
  /** null for standard attention, and where the file does not tell. */
  honSetting: HonSetting | null;
  /** The model that an adapter is put on; null without one. */
  base: string | null;
  /** In the file's order, groups left out. */
  benchmarks: BenchmarkResults[];
  /** What lm-evaluation-harness aggregates over several benchmarks. */
  groups: GroupResults[];
}

/** A benchmark with one number of examples in its prompts. */
export interface BenchmarkResults {
  /** lm-evaluation-harness's name of the task. */
  name: string;
  /** Examples in the prompt; null where the file does not tell. */
  shots: number | null;
  /** By metric: `acc`, `acc_norm`; `exact_match,strict-match` under a filter. */
  figures: ReadonlyMap<string, MetricResult>;
}

export interface GroupResults extends BenchmarkResults {
  /** Names of benchmarks, or of groups of them. */
  members: string[];
}

export interface MetricResult {
  /** NaN and infinities included: what cannot be shown is refused where it is asked for. */
  value: number;
  /** null where it is not defined. */
  stderr: number | null;
  higherIsBetter: boolean;
  unit: MetricFacts['unit'];
  /** The least and the greatest figure that there can be; null where nothing tells. */
  range: MetricFacts['range'] | null;
  /** Whether it is the plain mean of its documents' figures; null where nothing tells. */
  isMean: boolean | null;
  source: FigureSource;
}

/** One evaluation of a benchmark: where figures come from, and what they are of. */
export interface FigureSource {
  /** The results file. */
  file: string;
  /** Documents scored; null where the file does not tell. */
  size: number | null;
  /** Documents of the benchmark; null where the file does not tell. */
  available: number | null;
  /** What the benchmark is called in tables, where the file itself tells. */
  title: string | null;
  /** The metric that the file itself names as the one to show. */
  headline: string | null;
  /** Whether the model wrote its answers; else it was scored by log-likelihoods. */
  written: boolean;
  /** The data set on the hub, where the file tells. */
  dataset: string | null;
  /** Whether the file itself says that the rows must not be published. */
  confidential: boolean;
  /** What became of the texts that were written; null where there are none. */
  texts: { count: number; outcomes: Record<string, number> } | null;
  breakdown: Breakdown;
  /** What joins a choice to the context in the requests. */
  delimiter: string;
  /** The file with one line a document; null where there is none. */
  samplesFile: string | null;
}

/** By kind and category, figures in the form of a benchmark's results: `subject` → `Algebra` → `acc,none`. */
export type Breakdown = ReadonlyMap<string, ReadonlyMap<string, { [key: string]: Json | undefined }>>;
