/** Task files that users bring: programs that may not end, or end the process, so that they run in a thread. */
import { existsSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Row } from '../../dataset/row.ts';
import { type FailureKind, HonEvalError } from '../../errors.ts';
import type { JsonObject } from '../../json.ts';
import type { AskOptions } from './ask.ts';
import type { Document, PromptStyle, Task } from './task.ts';

/** A row, as it crosses threads. */
export interface SentRow {
  json: JsonObject;
  place: string;
}

/** What a thread is started for: to say which tasks a file has, or to make documents with one of them. */
export type TaskFileQuestion = { file: string } & (
  | { kind: 'tasks' }
  | { kind: 'documents'; task: string; rows: SentRow[]; options: Omit<AskOptions, 'pool'> & { pool: SentRow[] } }
  | { kind: 'problems'; task: string; rows: SentRow[]; style: PromptStyle; options: Pick<AskOptions, 'order'> }
);

/** What the thread says; `alive` whenever another row is done. */
export type TaskFileReply =
  | { kind: 'alive' }
  | { kind: 'tasks'; tasks: SentTask[] }
  | { kind: 'documents'; documents: Document[] }
  | { kind: 'failure'; failure: FailureKind; message: string };

/** A task without its functions. */
export type SentTask = Omit<Task, 'question' | 'problem' | 'description'> & { isProblem: boolean };

/** A task whose functions are in a file, and are called in a thread. */
export interface FileTask extends Task {
  file: string;
}

export function isFileTask(task: Task): task is FileTask {
  return 'file' in task;
}

/** Seconds that a file may take to load, or for one row. */
const timeLimit = 10;

/**
 * The tasks that a module exports by default, one or an array. Their functions cannot be called: `fileDocuments` has them
 * called. Throws a `usage` error where there is no such file, or what it exports is no task, or it does not end.
 */
export async function loadTaskFile(path: string, seconds = timeLimit): Promise<FileTask[]> {
  if (!existsSync(path)) throw new HonEvalError('usage', `There is no task file ${path}.`);
  const reply = await runThread({ file: path, kind: 'tasks' }, seconds);
  if (reply.kind !== 'tasks') throw new Error(`a list of tasks expected, got ${reply.kind}`);
  const elsewhere = () => {
    throw new Error(`the functions of ${path} are called in its thread`);
  };
  return reply.tasks.map(({ isProblem, ...task }) => ({
    ...task,
    file: path,
    question: elsewhere,
    ...(isProblem ? { problem: elsewhere } : {}),
  }));
}

/** `documents` for a task of a file. */
export async function fileDocuments(
  task: FileTask,
  rows: readonly Row[],
  { pool = [], ...others }: AskOptions,
  seconds = timeLimit,
): Promise<Document[]> {
  const options = { ...others, pool: pool.map(send) };
  return documentsOf({ file: task.file, kind: 'documents', task: task.name, rows: rows.map(send), options }, seconds);
}

/** `problems` for a task of a file. */
export async function fileProblems(
  task: FileTask,
  rows: readonly Row[],
  style: PromptStyle,
  options: Pick<AskOptions, 'order'>,
): Promise<Document[]> {
  return documentsOf(
    { file: task.file, kind: 'problems', task: task.name, rows: rows.map(send), style, options },
    timeLimit,
  );
}

async function documentsOf(question: TaskFileQuestion, seconds: number): Promise<Document[]> {
  const reply = await runThread(question, seconds);
  if (reply.kind !== 'documents') throw new Error(`documents expected, got ${reply.kind}`);
  return reply.documents;
}

function send({ json, place }: Row): SentRow {
  return { json, place };
}

async function runThread(
  question: TaskFileQuestion,
  seconds: number,
): Promise<Exclude<TaskFileReply, { kind: 'alive' }>> {
  const script = new URL(`./task_file_thread${extname(import.meta.url)}`, import.meta.url);
  const workerData: TaskFileQuestion = { ...question, file: resolve(question.file) };
  const worker = new Worker(script, { workerData });
  const { promise, resolve: settle, reject } = Promise.withResolvers<Exclude<TaskFileReply, { kind: 'alive' }>>();
  const fail = (what: string) => reject(new HonEvalError('usage', `The task file ${question.file} ${what}.`));
  const timer = setTimeout(() => fail(`does not end within ${seconds} s`), seconds * 1000);
  worker.on('message', (reply: TaskFileReply) => {
    if (reply.kind === 'alive') timer.refresh();
    else if (reply.kind === 'failure') reject(new HonEvalError(reply.failure, reply.message));
    else settle(reply);
  });
  worker.once('error', (error) => fail(`cannot be loaded: ${error.message}`));
  worker.once('exit', () => fail('ends the program'));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
