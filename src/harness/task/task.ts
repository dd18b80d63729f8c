import type { Row } from '../../dataset/row.ts';
import type { DatasetSource } from '../../dataset/source.ts';
import type { GraderName } from '../../grading/verdict.ts';
import type { JsonObject } from '../../json.ts';

/** A question with the continuations that the model chooses between. */
export interface Question {
  /** What the model has read when it is asked; may be empty. */
  context: string;
  /** The bare continuations, without the delimiter that joins them to the context. */
  choices: string[];
  /** Index of the right choice. */
  gold: number;
  /** What each choice is where they are no alternatives but texts that are scored side by side: `answer`, `solution`. */
  labels?: string[];
  /** What the document is also counted under, by kind: `{ subject: 'Algebra', level: '3' }`. */
  categories?: Record<string, string>;
  /** How lm-evaluation-harness's samples name the right choice; its index if left out. */
  target?: string;
  /** Columns that lm-evaluation-harness's `process_docs` adds to the row; they count in the document's hash. */
  derived?: JsonObject;
}

/** Whose words a problem is asked in: Open-R1's or lighteval's. */
export type PromptStyle = 'openr1' | 'lighteval';

/** A question that the model answers in writing. */
export interface Problem extends Pick<Question, 'categories' | 'derived'> {
  prompt: string;
  /** The right answer, in LaTeX, or its letter. */
  gold: string;
  grader: GraderName;
}

/** The choices in another order, as the run asks for: one that depends on the question's text, or a given one. */
export type Shuffle = <T>(choices: readonly T[], question: string) => T[];

/** Figures of log-likelihoods, those of lm-evaluation-harness first and in its order; `src/metrics` says what they are. */
export const scoredMetrics = [
  'acc',
  'acc_norm',
  'acc_bytes',
  'mrr',
  'prob',
  'bits',
  'answer_match',
  'answer_bits_per_byte',
  'solution_match',
  'solution_bits_per_byte',
] as const;

/** Figures of what models write. */
const writtenMetrics = ['exact_match', 'response_tokens', 'cut_off'] as const;

const metricNames = [...scoredMetrics, ...writtenMetrics] as const;
/** `pass@k` is there for every k. */
export type MetricName = (typeof metricNames)[number] | `pass@${number}`;

/** Metrics in the order of `metricNames`, and then `pass@k` by k. */
export function orderMetrics(names: readonly MetricName[]): MetricName[] {
  const known = metricNames.filter((name) => names.includes(name));
  return [...known, ...names.filter((name) => name.startsWith('pass@'))];
}

/** A benchmark: where its rows come from, how a row becomes a question, and which metrics it has. */
export interface Task {
  /** lm-evaluation-harness's name of the task, such as `arc_easy`; also the name of the file under `--data`. */
  name: string;
  /** lm-evaluation-harness's name where it is another one; `--tasks` takes it too. */
  lmEvalName?: string;
  /** Column heading in a table, such as `ARC-E`. */
  title: string;
  /** lm-evaluation-harness's `metadata.version`. */
  version: number;
  /** The data set on the hub; without it the rows are found only under `--data`. */
  dataset?: DatasetSource;
  /** Names under which `--tasks` selects this task together with others. */
  groups: string[];
  /** Place in lists and among a table's columns, before the file's name decides; 0 if left out. */
  rank?: number;
  metrics: MetricName[];
  /** The metric that tables show unless told otherwise: the one customary for this benchmark. */
  headline: MetricName;
  /** What joins a choice to the context; a space if left out. */
  delimiter?: string;
  /** Whether its rows must not be published, so that samples have hashes of them and errors do not quote them. */
  confidential?: boolean;
  /** Throws a `dataset` error that names file, row and field where the row is malformed. */
  question(row: Row, shuffle: Shuffle): Question;
  /** How the row is asked where the model writes its answer; a task without it cannot be sampled. Throws as `question`. */
  problem?(row: Row, style: PromptStyle, shuffle: Shuffle): Problem;
}

/** A question, or a problem as one without choices, with its place in the data set. */
export interface Document extends Question {
  /** For a problem, whose `context` is its prompt and `target` the right answer. */
  grader?: GraderName;
  /** Index of the row in its split, from 0. */
  index: number;
  /** File and row, for messages: `data/arc_easy.jsonl, line 12`. */
  place: string;
  /** The row as lm-evaluation-harness holds it: the data set's columns, then the derived ones. */
  doc: JsonObject;
}

/** Benchmarks under one heading, as a group of lm-evaluation-harness. */
export interface GroupRecord {
  name: string;
  /** Names of benchmarks of the same run. */
  tasks: string[];
  /** Metrics that the group averages; empty for a mere heading. */
  metrics: MetricName[];
  /** Whether a benchmark weighs by its documents; otherwise all weigh the same. */
  weightBySize: boolean;
}
