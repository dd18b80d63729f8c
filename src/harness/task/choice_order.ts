import { createHash } from 'node:crypto';
import { PythonRandom } from '../../python/random.ts';
import type { Shuffle } from './task.ts';

/** Ways to mix the choices of benchmarks whose rows give the right one apart from the wrong ones. */
export const choiceOrders = ['question', 'lm-eval'] as const;
export type ChoiceOrder = (typeof choiceOrders)[number];

/**
 * Mixes the choices of one benchmark's questions, asked in the data set's order. With `question` the order depends on
 * the question alone. With `lm-eval` it is lm-evaluation-harness's in a fresh run of that benchmark alone: Python's
 * global generator, seeded with 0, goes on from one question to the next.
 */
export function choiceShuffle(order: ChoiceOrder): Shuffle {
  if (order === 'lm-eval') {
    const random = new PythonRandom(0);
    return (choices) => random.shuffle([...choices]);
  }
  return (choices, question) => new PythonRandom(seedOf(question)).shuffle([...choices]);
}

function seedOf(question: string): number {
  return createHash('sha256').update(question).digest().readUInt32LE();
}
