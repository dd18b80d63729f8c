/** The thread in which a user's task file runs. */
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { Row } from '../../dataset/row.ts';
import { HonEvalError } from '../../errors.ts';
import { documents, problems } from './ask.ts';
import { choiceShuffle } from './choice_order.ts';
import { importTasks } from './import_tasks.ts';
import type { Task } from './task.ts';
import type { SentRow, SentTask, TaskFileQuestion, TaskFileReply } from './task_file.ts';

parentPort!.postMessage(await answer(workerData));

async function answer(question: TaskFileQuestion): Promise<TaskFileReply> {
  try {
    const tasks = await importTasks(pathToFileURL(question.file), question.file);
    if (question.kind === 'tasks') return { kind: 'tasks', tasks: tasks.map(withoutFunctions) };
    const task = watched(tasks.find(({ name }) => name === question.task)!);
    const rows = question.rows.map(receive);
    if (question.kind === 'problems')
      return {
        kind: 'documents',
        documents: problems(task, rows, question.style, choiceShuffle(question.options.order ?? 'question')),
      };
    const options = { ...question.options, pool: question.options.pool.map(receive) };
    return { kind: 'documents', documents: documents(task, rows, options) };
  } catch (error) {
    if (error instanceof HonEvalError) return { kind: 'failure', failure: error.kind, message: error.message };
    throw error;
  }
}

/** The task, which says that it is alive with every row. */
function watched(task: Task): Task {
  return {
    ...task,
    question(row, shuffle) {
      parentPort!.postMessage({ kind: 'alive' } satisfies TaskFileReply);
      return task.question(row, shuffle);
    },
  };
}

function withoutFunctions({ question: _, problem, description: __, shots, ...task }: Task): SentTask {
  if (!shots) return { ...task, isProblem: problem !== undefined };
  const { turn: ___, ...sent } = shots;
  return { ...task, shots: sent, isProblem: problem !== undefined };
}

function receive({ json, place }: SentRow): Row {
  return new Row(json, place);
}
