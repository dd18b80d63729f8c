import { compareMath } from './equal.ts';
import { extractAnswer, extractGold } from './extract.ts';
import { bareLetter, extractLetter } from './letter.ts';
import type { GraderName, Verdict } from './verdict.ts';

/**
 * Grades what a model wrote, in this thread and without a limit of time; `GradingPool` has both.
 * @param gold the right answer: LaTeX, a solution that ends in it, or a letter
 */
export function grade(grader: GraderName, gold: string, text: string): Verdict {
  return grader === 'letter' ? gradeLetter(gold, text) : gradeMath(gold, text);
}

function gradeMath(gold: string, text: string): Verdict {
  const answer = extractAnswer(text);
  if (answer === null) return { correct: false, answer, outcome: 'no_answer' };
  return { answer, ...compareMath(extractGold(gold), answer) };
}

function gradeLetter(gold: string, text: string): Verdict {
  const answer = extractLetter(text);
  if (answer === null) return { correct: false, answer, outcome: 'no_answer' };
  return { correct: answer === bareLetter(gold), answer, outcome: 'graded' };
}
