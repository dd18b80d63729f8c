import type { Row } from '../../dataset/row.ts';
import { type AskOptions, documents, problems } from './ask.ts';
import { choiceShuffle } from './choice_order.ts';
import type { Document, PromptStyle, Task } from './task.ts';
import { fileDocuments, fileProblems, isFileTask } from './task_file.ts';

/** `documents`, in a thread where the task is a file's. */
export async function makeDocuments(task: Task, rows: readonly Row[], options: AskOptions = {}): Promise<Document[]> {
  return isFileTask(task) ? fileDocuments(task, rows, options) : documents(task, rows, options);
}

/** `problems`, in a thread where the task is a file's. */
export async function makeProblems(
  task: Task,
  rows: readonly Row[],
  style: PromptStyle,
  { order = 'question' }: Pick<AskOptions, 'order'>,
): Promise<Document[]> {
  return isFileTask(task)
    ? fileProblems(task, rows, style, { order })
    : problems(task, rows, style, choiceShuffle(order));
}
