/** The thread in which a user's task file runs. */
import { pathToFileURL } from 'node:url';
import { Row } from '../../dataset/row.ts';
import { answerQuestions } from '../../threads/answer.ts';
import { documentMaker, problemMaker } from './ask.ts';
import { choiceShuffle } from './choice_order.ts';
import { figuresOf } from './figures.ts';
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
  const task = tasks.find(({ name }) => name === question.task)!;
  if (question.kind === 'measure') return { figures: question.documents.map((each) => figuresOf(task, each)) };
  make = makerOf(task, question.work);
  return {};
});

function makerOf(task: Task, work: Extract<TaskFileQuestion, { kind: 'begin' }>['work']): Maker {
  if (work.kind === 'problems') return problemMaker(task, work.style, choiceShuffle(work.order ?? 'question'));
  return documentMaker(task, { ...work.options, pool: work.options.pool.map(receive) });
}

function withoutFunctions({ question: _, problem, description: __, shots, ownMetrics, ...task }: Task): SentTask {
  const metrics = ownMetrics?.map(({ score: ___, ...metric }) => metric);
  const sent = { ...task, ...(metrics && { ownMetrics: metrics }), isProblem: problem !== undefined };
  if (!shots) return sent;
  const { turn: ____, ...sentShots } = shots;
  return { ...sent, shots: sentShots };
}

function receive({ json, place }: SentRow): Row {
  return new Row(json, place);
}
