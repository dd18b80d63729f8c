/** A thread that does what it is told, good or bad. */
import { workerData } from 'node:worker_threads';
import { HonEvalError } from '../../src/errors.ts';
import { answerQuestions } from '../../src/threads/answer.ts';

let asked = 0;

answerQuestions((question: string) => {
  asked++;
  if (question === 'loop') for (;;);
  if (question === 'exit') process.exit();
  if (question === 'fail') throw new HonEvalError('dataset', 'the row is malformed');
  if (question === 'crash') throw new TypeError('not a function');
  if (question === 'fill') {
    const held: number[][] = [];
    for (;;) held.push(Array.from({ length: 100_000 }, (_, i) => i + 0.5));
  }
  return `${workerData ?? ''}${question} ${asked}`;
});
