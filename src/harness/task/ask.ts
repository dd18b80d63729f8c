/** From a data set's rows to what is asked about them. */
import type { Row } from '../../dataset/row.ts';
import { HonEvalError, reason } from '../../errors.ts';
import { type ChoiceOrder, choiceShuffle } from './choice_order.ts';
import { checkQuestion } from './shape.ts';
import { Preamble, type ShotOptions } from './shots.ts';
import type { Document, PromptStyle, Shuffle, Task } from './task.ts';

export interface AskOptions extends ShotOptions {
  /** How choices are mixed where the data set does not order them; `question` if left out. */
  order?: ChoiceOrder;
  /** The rows that shots are drawn from. */
  pool?: readonly Row[];
}

/** What makes a question of a row, given the rows in their order; it throws a `dataset` error for a row that makes none. */
export function documentMaker(task: Task, options: AskOptions = {}): (row: Row, index: number) => Document {
  const { order = 'question', pool = [] } = options;
  const shuffle = choiceShuffle(order);
  const preamble = new Preamble(task, pool, shuffle, options);
  return (row, index) => {
    const made = ask(task, row, (row) => task.question(row, shuffle));
    const asked = checkQuestion(made, task, row.place);
    const before = task.output === 'loglikelihood_rolling' ? [] : ask(task, row, (row) => preamble.before(row));
    const doc = { ...row.json, ...asked.derived };
    return { ...asked, output: task.output, index, place: row.place, doc, before };
  };
}

/** What makes a problem of a row, given the rows in their order, for a task that has them; it throws as `documentMaker`'s. */
export function problemMaker(task: Task, style: PromptStyle, shuffle: Shuffle): (row: Row, index: number) => Document {
  return (row, index) => {
    const { prompt, gold, ...problem } = ask(task, row, (asked) => task.problem!(asked, style, shuffle));
    if (gold.trim() === '') throw new HonEvalError('dataset', `${row.place}: expected an answer, got an empty one.`);
    const doc = { ...row.json, ...problem.derived };
    return { ...problem, context: prompt, choices: [], gold: 0, target: gold, index, place: row.place, doc };
  };
}

/** Throws a `usage` error for tasks whose answers the model cannot be asked to write. */
export function checkSampled(tasks: readonly Task[]): void {
  const others = tasks.filter(({ problem }) => problem === undefined).map(({ name }) => name);
  if (others.length === 0) return;
  const message = `There are no problems to be answered in writing in ${others.join(', ')}`;
  throw new HonEvalError('usage', `${message}; score them by log-likelihood with "hon-eval run".`);
}

function ask<T>(task: Task, row: Row, make: (row: Row) => T): T {
  try {
    return make(task.confidential ? row.unquoted() : row);
  } catch (error) {
    if (error instanceof HonEvalError) throw error;
    const message = `${row.place}: the task ${task.name} makes no question of it`;
    // What was thrown may quote the row.
    if (task.confidential) throw new HonEvalError('dataset', `${message}.`);
    throw new HonEvalError('dataset', `${message} (${reason(error)}).`, { cause: error });
  }
}
