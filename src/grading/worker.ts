/** The thread that compares answers; `GradingPool` ends it where a comparison does not. */
import { parentPort } from 'node:worker_threads';
import { grade } from './grade.ts';
import type { GradingQuestion } from './pool.ts';

parentPort?.on('message', ({ grader, gold, text }: GradingQuestion) => {
  parentPort?.postMessage(grade(grader, gold, text));
});
// What was imported is ready: the time of the first comparison starts now.
parentPort?.postMessage('ready');
