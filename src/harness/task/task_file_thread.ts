/** The thread in which a user's task file runs. */
import { pathToFileURL } from 'node:url';
import { Row } from '../../dataset/row.ts';
import { answerQuestions } from '../../threads/answer.ts';
import { documentMaker, problemMaker } from './ask.ts';
import { choiceShuffle } from './choice_order.ts';
import { importTasks } from './import_tasks.ts';
import type { Document, Task } from './task.ts';
import type { SentRow, SentTask, TaskFileAnswer, TaskFileQuestion } from './task_file.ts';

type Maker = (row: Row, index: number) => Document;

let make: Maker | undefined;

answerQuestions(async (question: TaskFileQuestion): Promise<TaskFileAnswer> => {
  if (question.kind === 'rows') {
    const { rows, from } = question;
    return { documents: rows.map((row, i) => make!(receive(row), from + i)) };
  }
  const tasks = await importTasks(pathToFileURL(question.file), question.file);
  if (question.kind === 'tasks') return { tasks: tasks.map(withoutFunctions) };
  make = makerOf(tasks.find(({ name }) => name === question.task)!, question.work);
  return {};
});

function makerOf(task: Task, work: Extract<TaskFileQuestion, { kind: 'begin' }>['work']): Maker {
  if (work.kind === 'problems') return problemMaker(task, work.style, choiceShuffle(work.order ?? 'question'));
  return documentMaker(task, { ...work.options, pool: work.options.pool.map(receive) });
}

function withoutFunctions({ question: _, problem, description: __, shots, ...task }: Task): SentTask {
  if (!shots) return { ...task, isProblem: problem !== undefined };
  const { turn: ___, ...sent } = shots;
  return { ...task, shots: sent, isProblem: problem !== undefined };
}

function receive({ json, place }: SentRow): Row {
  return new Row(json, place);
}
