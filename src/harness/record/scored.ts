import type { Verdict } from '../../grading/verdict.ts';
import type { List } from '../../long_list.ts';
import type { ChoiceScore, Document, Task } from '../task/task.ts';
import type { GeneratedText } from './generation.ts';

/** A text that the model wrote, with what it is worth. */
export interface GradedSample {
  text: string;
  /** How many. */
  tokens: number;
  finish: GeneratedText['finish'];
  /** Where the prompt left no room in the model's window, it was not asked, and the answer counts as wrong. */
  verdict: Omit<Verdict, 'outcome'> & { outcome: Verdict['outcome'] | 'prompt_too_long' };
}

/** A document with what the model says of each of its choices, or with what it wrote. */
export interface ScoredDocument {
  document: Document;
  /**
   * What was asked of the model, to the byte: one [context, delimiter + choice] pair a choice, and then one a choice
   * without the question where there is `unconditional`.
   */
  requests: [context: string, continuation: string][];
  /** One score a choice, in the order of the choices. */
  scores: Score[];
  /** Of each choice without the question, where a metric of the task asks for it. */
  unconditional?: Score[];
  /** Context tokens that did not fit into the model's window, over the choice that lost most; 0 where all fitted. */
  truncatedTokens: number;
  /** By metrics that the task brings itself. */
  figures?: Record<string, number>;
  /** What the model wrote, where it was asked to: then there are no choices, and one request, of the prompt alone. */
  samples?: GradedSample[];
}

/** A benchmark with all its scored documents, in the data set's order. */
export interface ScoredTask {
  task: Task;
  documents: List<ScoredDocument>;
  /** Rows of the split, before `--limit`. */
  available: number;
  /** Shots before each question; none if left out. */
  shots?: number;
}

/** A token's natural log-probability, and what it adds to the text. */
export type TokenScore = [logProb: number, text: string];

/** What the model says of one (context, continuation) pair. */
export interface Score extends ChoiceScore {
  /** Of each token, where the run keeps them. */
  tokenScores?: TokenScore[];
}
