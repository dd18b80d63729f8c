import type { Row } from '../src/dataset/row.ts';
import type { Question, Task } from '../src/harness/task/task.ts';

/**
 * Chains of links to follow: the facts are given, and answering takes 1, 2 or 3 of them in turn. Synthetic rows
 * `{ facts: string[], question: string, choices: string[4], answer: index }`, found only under `--data`.
 */
export default [multihop(1, '1 hop'), multihop(2, '2 hops'), multihop(3, '3 hops')];

function multihop(hops: number, title: string): Task {
  return {
    name: `multihop_${hops}`,
    title,
    version: 1,
    groups: ['multihop'],
    metrics: ['acc', 'acc_norm', 'acc_bytes'],
    headline: 'acc',
    question,
  };
}

function question(row: Row): Question {
  return {
    context: `${row.texts('facts').join(' ')} ${row.text('question')}`,
    choices: row.texts('choices'),
    gold: row.integer('answer'),
  };
}
