/** The thread that compares answers; `GradingPool` ends it where a comparison does not. */
import { answerQuestions } from '../threads/answer.ts';
import { grade } from './grade.ts';
import type { GradingQuestion } from './pool.ts';

answerQuestions(({ grader, gold, text }: GradingQuestion) => grade(grader, gold, text));
