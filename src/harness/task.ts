import type { Row } from '../dataset/row.ts';
import type { DatasetSource } from '../dataset/source.ts';
import type { JsonObject } from '../json.ts';

/** A question with the continuations that the model chooses between. */
export interface Question {
  /** What the model has read when it is asked; may be empty. */
  context: string;
  /** The bare continuations, without the delimiter that joins them to the context. */
  choices: string[];
  /** Index of the right choice. */
  gold: number;
  /** Columns that lm-evaluation-harness's `process_docs` adds to the row; they count in the document's hash. */
  derived?: JsonObject;
}

/** Metrics of a multiple-choice document. `acc_norm` divides a log-likelihood by characters, `acc_bytes` by bytes. */
export type MetricName = 'acc' | 'acc_norm' | 'acc_bytes';

/** A benchmark: where its rows come from, how a row becomes a question, and which metrics it has. */
export interface Task {
  /** lm-evaluation-harness's name of the task, such as `arc_easy`; also the name of the file under `--data`. */
  name: string;
  /** Column heading in a table, such as `ARC-E`. */
  title: string;
  /** lm-evaluation-harness's `metadata.version`. */
  version: number;
  /** The data set on the hub; without it the rows are found only under `--data`. */
  dataset?: DatasetSource;
  /** Names under which `--tasks` selects this task together with others. */
  groups: string[];
  metrics: MetricName[];
  /** The metric that tables show unless told otherwise: the one customary for this benchmark. */
  headline: MetricName;
  /** What joins a choice to the context; a space if left out. */
  delimiter?: string;
  /** Throws a `dataset` error that names file, row and field where the row is malformed. */
  question(row: Row): Question;
}

/** A question with its place in the data set. */
export interface Document extends Question {
  /** Index of the row in its split, from 0. */
  index: number;
  /** File and row, for messages: `data/arc_easy.jsonl, line 12`. */
  place: string;
  /** The row as lm-evaluation-harness holds it: the data set's columns, then the derived ones. */
  doc: JsonObject;
}
