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
  /** All right choices, where there may be several; `gold` is the first. */
  golds?: number[];
  /** Whether the accuracy is the probability of all right choices: TruthfulQA's mc2. */
  isMass?: boolean;
  /**
   * What OLMES's accuracy takes the log-likelihood of each choice by: per character with its delimiter, or less the one
   * without the question; as it is where left out.
   */
  normalization?: (typeof normalizations)[number];
  /** What is scored after each choice where choices are read, not scored, as WinoGrande's; `context` is then empty. */
  continuation?: string;
  /** The text whose words and bytes count, where it is not the one that is scored: WikiText's as it was. */
  original?: string;
  /** What the answer begins with, after the question: lm-evaluation-harness's `gen_prefix`. */
  prefix?: string;
  /** What each choice is where they are no alternatives but texts that are scored side by side: `answer`, `solution`. */
  labels?: string[];
  /** What the document is also counted under, by kind: `{ subject: 'Algebra', level: '3' }`. */
  categories?: Record<string, string>;
  /** How lm-evaluation-harness's samples name the right choice; its index if left out. */
  target?: string;
  /** Columns that lm-evaluation-harness's `process_docs` adds to the row; they count in the document's hash. */
  derived?: JsonObject;
}

export const normalizations = ['characters', 'context'] as const;

/**
 * What is asked of the model: which of the choices goes on with the context; how likely one text is, with whitespace of
 * its own; or how likely a whole text is, in windows of the model's length.
 */
export const outputTypes = ['multiple_choice', 'loglikelihood', 'loglikelihood_rolling'] as const;
export type OutputType = (typeof outputTypes)[number];

/** A question with its answer, as it stands before the one that is asked. */
export interface Turn {
  question: string;
  /** Null where there is none, and so nothing to delimit. */
  answer: string | null;
  /** What the answer begins with. */
  prefix?: string;
}

/** Where a task's shots come from, and how they are drawn and joined: lm-evaluation-harness's `fewshot_*`. */
export interface Shots {
  /** Shots of every question, unless the run asks for another number; lm-evaluation-harness keeps a 0. */
  count?: number;
  /** The split that they are rows of, and its files as `DatasetSource` has them; the scored one if left out. */
  source?: Pick<DatasetSource, 'split' | 'files'>;
  /** The shots themselves, where the task brings them. */
  rows?: JsonObject[];
  /** `default` draws them anew for every question, `first_n` takes the first ones. */
  sampler: 'default' | 'first_n';
  /** Whether the asked row is left out of them: lm-evaluation-harness does so where shots come from the test split. */
  excludesAsked: boolean;
  /** What stands after each; an empty line if left out. */
  delimiter?: string;
  /** What joins a shot's question to its answer; the task's own delimiter if left out. */
  answerDelimiter?: string;
  /** How a row is shown; its question and right choice if left out. Throws as `question`. */
  turn?(row: Row): Turn;
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

/** A benchmark: where its rows come from, how a row becomes a question, and which metrics it has. */
export interface Task {
  /** lm-evaluation-harness's name of the task, such as `arc_easy`. */
  name: string;
  /** The name of its rows' file under `--data`, without split and extension; the task's own if left out. */
  rowsFile?: string;
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
  /** Groups that average it with others, from the outermost in, where it was chosen as a part of them. */
  within?: Omit<GroupRecord, 'tasks'>[];
  /** Place in lists and among a table's columns, before the file's name decides; 0 if left out. */
  rank?: number;
  /** Names of them: of those that `src/metrics` lists, and of the task's own. */
  metrics: string[];
  /** Metrics that the task brings itself. */
  ownMetrics?: OwnMetric[];
  /** The metric that tables show unless told otherwise: the one customary for this benchmark. */
  headline: string;
  /** `multiple_choice` if left out. */
  output?: OutputType;
  /** What joins a choice to the context; a space if left out. */
  delimiter?: string;
  /** What stands before the choices where a metric compares them without the question; nothing if left out. */
  unconditional?: string;
  /** What stands before the shots and the question. Throws as `question`. */
  description?(row: Row): string;
  /** Without it the task has no shots. */
  shots?: Shots;
  /**
   * Which of a split's rows are asked, or which of those that shots come from may be shown, and what each holds; all as they
   * are where left out. Throws as `question`.
   */
  rows?(rows: readonly JsonObject[], use: 'asked' | 'shots'): JsonObject[];
  /** Whether its rows must not be published, so that samples have hashes of them and errors do not quote them. */
  confidential?: boolean;
  /** Throws a `dataset` error that names file, row and field where the row is malformed. */
  question(row: Row, shuffle: Shuffle): Question;
  /** How the row is asked where the model writes its answer; a task without it cannot be sampled. Throws as `question`. */
  problem?(row: Row, style: PromptStyle, shuffle: Shuffle): Problem;
}

/** How one figure is made of the documents': their mean, their median, or exp of minus the mean of log-likelihoods. */
export const aggregations = ['mean', 'median', 'perplexity'] as const;

/** What figures can count. */
export const metricUnits = ['accuracy', 'probability', 'bits', 'bits per byte', 'nats'] as const;

/** A metric of scores that a task brings itself. Every table, comparison and page takes it. */
export interface OwnMetric {
  name: string;
  /** Half a sentence for lists of benchmarks. */
  description: string;
  higherIsBetter: boolean;
  /** The least and the greatest figure that there can be; any number if left out. */
  range?: [least: number, greatest: number];
  /** What it counts, where it may be averaged with others of the same over benchmarks. */
  unit?: (typeof metricUnits)[number];
  /** `mean` if left out. */
  aggregation?: (typeof aggregations)[number];
  /** A finite number: what a document's scores, one a choice, are worth. */
  score(document: Document, scores: readonly ChoiceScore[]): number;
}

/** What the model says of one choice. */
export interface ChoiceScore {
  /** Sum of the natural log-probabilities of the continuation's tokens. */
  logLikelihood: number;
  /** Whether every token of the continuation is the most probable one. */
  greedy: boolean;
  /** Tokens of the continuation. */
  tokens: number;
}

/** A question, or a problem as one without choices, with its place in the data set. */
export interface Document extends Question {
  /** The task's. */
  output?: OutputType;
  /** For a problem, whose `context` is its prompt and `target` the right answer. */
  grader?: GraderName;
  /** Index of the row in its split, from 0. */
  index: number;
  /** File and row, for messages: `data/arc_easy.jsonl, line 12`. */
  place: string;
  /** The row as lm-evaluation-harness holds it: the data set's columns, then the derived ones. */
  doc: JsonObject;
  /** What the model reads before the question: a description, and shots; the same array where it is the same. */
  before?: Message[];
  /** What the model reads in its chat template's words: one text, or one a choice where choices are read. */
  prompts?: string[];
}

/** A part of what the model reads: of a conversation, or of a plain text, where the delimiter follows it. */
export interface Message {
  role: 'system' | 'user' | 'assistant';
  content: string;
  delimiter: string;
}

/** Benchmarks under one heading, as a group of lm-evaluation-harness. */
export interface GroupRecord {
  name: string;
  /** Names of benchmarks of the same run; where the best one counts, of what is right within the group. */
  tasks: string[];
  /** Metrics that the group averages; empty for a mere heading. */
  metrics: string[];
  /** What counts: the mean of the benchmarks, the mean weighed by their documents, or the best. */
  aggregation: 'mean' | 'pooled' | 'best';
}
