import type { Row } from '../../dataset/row.ts';
import { type List, LongList } from '../../long_list.ts';
import { type AskOptions, documentMaker, problemMaker } from './ask.ts';
import { choiceShuffle } from './choice_order.ts';
import type { Document, PromptStyle, Task } from './task.ts';
import { fileDocuments, fileProblems, isFileTask } from './task_file.ts';

/** What `documentMaker` makes of rows, in a thread where the task is a file's. */
export async function makeDocuments(task: Task, rows: List<Row>, options: AskOptions): Promise<List<Document>> {
  return isFileTask(task) ? fileDocuments(task, rows, options) : LongList.from(rows, documentMaker(task, options));
}

/** What `problemMaker` makes of rows, in a thread where the task is a file's. */
export async function makeProblems(
  task: Task,
  rows: List<Row>,
  style: PromptStyle,
  { order = 'question' }: Pick<AskOptions, 'order'>,
): Promise<List<Document>> {
  return isFileTask(task)
    ? fileProblems(task, rows, style, { order })
    : LongList.from(rows, problemMaker(task, style, choiceShuffle(order)));
}
