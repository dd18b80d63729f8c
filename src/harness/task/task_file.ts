/** Task files that users bring: programs that may not end, or end the process, so that they run in a thread. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Row } from '../../dataset/row.ts';
import { HonEvalError, reason } from '../../errors.ts';
import type { JsonObject } from '../../json.ts';
import { type List, LongList } from '../../long_list.ts';
import { BoundedThread, type Limits } from '../../threads/bounded_thread.ts';
import type { AskOptions } from './ask.ts';
import type { Measured } from './figures.ts';
import type { Document, OwnMetric, PromptStyle, Task } from './task.ts';

/** A row, as it crosses threads. */
export interface SentRow {
  json: JsonObject;
  place: string;
}

/** What a thread is asked: which tasks a file has, to begin with one of them, to go on with its next rows. */
export type TaskFileQuestion =
  | { kind: 'tasks'; file: string }
  | { kind: 'begin'; file: string; task: string; work: DocumentWork | ProblemWork }
  | { kind: 'rows'; rows: SentRow[]; from: number }
  | { kind: 'measure'; file: string; task: string; documents: Measured[] };

interface DocumentWork {
  kind: 'documents';
  options: Omit<AskOptions, 'pool'> & { pool: SentRow[] };
}

interface ProblemWork {
  kind: 'problems';
  style: PromptStyle;
  order: AskOptions['order'];
}

export interface TaskFileAnswer {
  tasks?: SentTask[];
  documents?: Document[];
  figures?: Record<string, number>[];
}

/** A task without its functions. */
export type SentTask = Omit<Task, 'question' | 'problem' | 'description' | 'ownMetrics'> & {
  isProblem: boolean;
  ownMetrics?: Omit<OwnMetric, 'score'>[];
};

/** A task whose functions are in a file, and are called in a thread. */
export interface FileTask extends Task {
  file: string;
}

export function isFileTask(task: Task): task is FileTask {
  return 'file' in task;
}

/** What a file may take to load, and for the rows that are asked about at once. */
const usualLimits: Limits = { seconds: 10, megabytes: 2048 };

/** Rows that are asked about at once. */
const rowsAtOnce = 256;

/**
 * The tasks that a module exports by default, one or an array. Their functions cannot be called: `fileDocuments` has them
 * called. Throws a `usage` error where there is no such file, or what it exports is no task, or it does not end.
 */
export async function loadTaskFile(path: string, limits = usualLimits): Promise<FileTask[]> {
  if (!existsSync(path)) throw new HonEvalError('usage', `There is no task file ${path}.`);
  const sent = await withThread(
    path,
    limits,
    async (ask) => (await ask({ kind: 'tasks', file: resolve(path) })).tasks!,
  );
  const elsewhere = () => {
    throw new Error(`the functions of ${path} are called in its thread`);
  };
  return sent.map(({ isProblem, ownMetrics, ...task }) => ({
    ...task,
    ...(ownMetrics && { ownMetrics: ownMetrics.map((metric) => ({ ...metric, score: elsewhere })) }),
    file: path,
    question: elsewhere,
    ...(isProblem ? { problem: elsewhere } : {}),
  }));
}

/** `documents` for a task of a file. */
export function fileDocuments(
  task: FileTask,
  rows: List<Row>,
  { pool = [], ...others }: AskOptions,
  limits = usualLimits,
): Promise<List<Document>> {
  return makeAll(task, rows, { kind: 'documents', options: { ...others, pool: pool.map(send) } }, limits);
}

/** `problems` for a task of a file. */
export function fileProblems(
  task: FileTask,
  rows: List<Row>,
  style: PromptStyle,
  { order }: Pick<AskOptions, 'order'>,
): Promise<List<Document>> {
  return makeAll(task, rows, { kind: 'problems', style, order }, usualLimits);
}

/** `figuresOf` for documents of a task of a file. */
export function fileFigures({ file, name }: FileTask, documents: List<Measured>): Promise<Record<string, number>[]> {
  return withThread(file, usualLimits, async (ask) => {
    const figures: Record<string, number>[] = [];
    for (let from = 0; from < documents.length; from += rowsAtOnce) {
      const sent = documents.slice(from, from + rowsAtOnce).map(({ document, scores }) => ({ document, scores }));
      const answer = await ask({ kind: 'measure', file: resolve(file), task: name, documents: sent });
      figures.push(...answer.figures!);
    }
    return figures;
  });
}

function makeAll(
  { file, name }: FileTask,
  rows: List<Row>,
  work: DocumentWork | ProblemWork,
  limits: Limits,
): Promise<List<Document>> {
  return withThread(file, limits, async (ask) => {
    await ask({ kind: 'begin', file: resolve(file), task: name, work });
    const made = new LongList<Document>();
    for (let from = 0; from < rows.length; from += rowsAtOnce) {
      const sent = rows.slice(from, from + rowsAtOnce).map(send);
      for (const document of (await ask({ kind: 'rows', rows: sent, from })).documents!) made.push(document);
    }
    return made;
  });
}

function send({ json, place }: Row): SentRow {
  return { json, place };
}

/** Asks a thread of its own, which is ended in the end. */
async function withThread<T>(
  path: string,
  limits: Limits,
  work: (ask: (question: TaskFileQuestion) => Promise<TaskFileAnswer>) => Promise<T>,
): Promise<T> {
  const script = new URL('./task_file_thread.ts', import.meta.url);
  const thread = new BoundedThread<TaskFileQuestion, TaskFileAnswer>(script, limits);
  try {
    return await work((question) => thread.ask(question));
  } catch (error) {
    if (error instanceof HonEvalError) throw error;
    throw new HonEvalError('usage', `The task file ${path} cannot be used: ${reason(error)}.`, { cause: error });
  } finally {
    await thread.close();
  }
}
