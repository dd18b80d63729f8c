import type { Score } from './request.ts';
import type { Document, Task } from './task.ts';

/** A document with what the model says of each of its choices. */
export interface ScoredDocument {
  document: Document;
  /** What was asked of the model, to the byte: one [context, delimiter + choice] pair a choice. */
  requests: [context: string, continuation: string][];
  /** One score a choice, in the order of the choices. */
  scores: Score[];
  /** Context tokens that did not fit into the model's window, over the choice that lost most; 0 where all fitted. */
  truncatedTokens: number;
}

/** A benchmark with all its scored documents, in the data set's order. */
export interface ScoredTask {
  task: Task;
  documents: ScoredDocument[];
  /** Rows of the split, before `--limit`. */
  available: number;
}
