/** How an answer is compared: as mathematics, or as one of the letters A to D. */
export const graderNames = ['math', 'letter'] as const;
export type GraderName = (typeof graderNames)[number];

export const outcomes = [
  /** Compared as what it is. */
  'graded',
  /** The text has no answer. */
  'no_answer',
  /** The answer is nothing that could be understood; it was compared as text. */
  'unparsed',
  /** So is the right answer. */
  'gold_unparsed',
  /** The comparison took too long and was stopped; it counts as wrong. */
  'timeout',
  /** The comparison took too much memory, or brought its thread down; it counts as wrong. */
  'crash',
] as const;
export type Outcome = (typeof outcomes)[number];

export interface Verdict {
  correct: boolean;
  /** What was taken for the model's answer; null where none was found. */
  answer: string | null;
  outcome: Outcome;
}
