import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';
import type { Row } from '../../dataset/row.ts';
import { HonEvalError, reason } from '../../errors.ts';
import { choiceShuffle } from './choice_order.ts';
import { nearest } from './nearest.ts';
import { type Document, type PromptStyle, type Question, type Shuffle, scoredMetrics, type Task } from './task.ts';

/** The project's own tasks: TypeScript beside `src`, JavaScript beside `dist/src` once it is built. */
const folder = new URL('../../../tasks/', import.meta.url);
const moduleName = /(?<!\.d)\.(ts|js|mjs)$/;

const metric = z.enum(scoredMetrics);
const callable = z.custom((value) => typeof value === 'function', 'expected a function');
const shape = z.object({
  name: z.string().regex(/^[\w.-]+$/, 'expected a name of letters, digits, ".", "_" and "-"'),
  lmEvalName: z.string().optional(),
  title: z.string().min(1),
  version: z.number(),
  dataset: z
    .object({
      repo: z.string(),
      config: z.string().optional(),
      split: z.string(),
      files: z.string(),
      revision: z.string().optional(),
    })
    .optional(),
  groups: z.array(z.string()),
  rank: z.number().optional(),
  metrics: z.array(metric).min(1),
  headline: metric,
  delimiter: z.string().optional(),
  confidential: z.boolean().optional(),
  question: callable,
  problem: callable.optional(),
});

/** All tasks of the tasks folder, by rank, by file name and as the file lists them: the order of a table's columns. */
export async function loadTasks(): Promise<Task[]> {
  const files = (await readdir(folder)).filter((name) => moduleName.test(name)).sort();
  const loaded = await Promise.all(files.map((name) => loadTaskFile(fileURLToPath(new URL(name, folder)))));
  return unique(loaded.flat()).sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0));
}

/**
 * The tasks that `names` select, in the order of their first mention and without repetition. A name is a task's, a
 * group's, or the path of a task file. Throws a `usage` error for any other.
 */
export async function selectTasks(names: string[]): Promise<Task[]> {
  const tasks = await loadTasks();
  const selected = await Promise.all(names.map((name) => (isPath(name) ? loadTaskFile(name) : byName(name, tasks))));
  return unique(selected.flat());
}

/** The questions of a data set's rows. Throws a `dataset` error that names the row which makes none. */
export function documents(task: Task, rows: Row[], shuffle: Shuffle = choiceShuffle('question')): Document[] {
  return rows.map((row, index) => {
    const asked = ask(task, row, (asked) => task.question(asked, shuffle));
    checkQuestion(asked, task.delimiter ?? ' ', row.place);
    return { ...asked, index, place: row.place, doc: { ...row.json, ...asked.derived } };
  });
}

/** The problems of a data set's rows, for a task that has them. Throws as `documents`. */
export function problems(task: Task, rows: Row[], style: PromptStyle, shuffle: Shuffle): Document[] {
  return rows.map((row, index) => {
    const { prompt, gold, ...problem } = ask(task, row, (asked) => task.problem!(asked, style, shuffle));
    if (gold.trim() === '') throw new HonEvalError('dataset', `${row.place}: expected an answer, got an empty one.`);
    const doc = { ...row.json, ...problem.derived };
    return { ...problem, context: prompt, choices: [], gold: 0, target: gold, index, place: row.place, doc };
  });
}

/** Throws a `usage` error for tasks whose answers the model cannot be asked to write. */
export function checkSampled(tasks: readonly Task[]): void {
  const others = tasks.filter(({ problem }) => problem === undefined).map(({ name }) => name);
  if (others.length === 0) return;
  const message = `There are no problems to be answered in writing in ${others.join(', ')}`;
  throw new HonEvalError('usage', `${message}; score them by log-likelihood with "hon-eval run".`);
}

/** Imports a module that exports a task, or an array of them, by default. */
async function loadTaskFile(path: string): Promise<Task[]> {
  if (!existsSync(path)) throw new HonEvalError('usage', `There is no task file ${path}.`);
  const module = await importModule(path);
  const tasks = Array.isArray(module.default) ? module.default : [module.default];
  for (const task of tasks) checkShape(task, path);
  return tasks;
}

async function importModule(path: string): Promise<{ default?: unknown }> {
  try {
    return await import(pathToFileURL(resolve(path)).href);
  } catch (error) {
    throw new HonEvalError('usage', `The task file ${path} cannot be loaded: ${reason(error)}.`, { cause: error });
  }
}

function checkShape(task: unknown, path: string): asserts task is Task {
  if (task === undefined) {
    throw new HonEvalError('usage', `The task file ${path} must export a task, or an array of tasks, by default.`);
  }
  const result = shape.safeParse(task);
  if (!result.success) {
    const issues = result.error.issues.map(({ path, message }) => `${path.join('.') || 'task'}: ${message}`);
    throw new HonEvalError('usage', `The task file ${path} exports a malformed task (${issues.join('; ')}).`);
  }
}

function isPath(name: string): boolean {
  return /[/\\]/.test(name) || moduleName.test(name);
}

function byName(name: string, tasks: Task[]): Task[] {
  const found = tasks.filter((task) => [task.name, task.lmEvalName, ...task.groups].includes(name));
  if (found.length > 0) return found;
  const known = [...new Set(tasks.flatMap((task) => [task.name, ...task.groups]))];
  const guess = nearest(name, known);
  const advice = guess ? `did you mean ${guess}?` : `there are ${known.join(', ')}.`;
  throw new HonEvalError('usage', `There is no task or group named "${name}"; ${advice}`);
}

function unique(tasks: Task[]): Task[] {
  const byName = new Map<string, Task>();
  for (const task of tasks) {
    if ((byName.get(task.name) ?? task) !== task) {
      throw new HonEvalError('usage', `Two different tasks are named ${task.name}; rename one of them.`);
    }
    byName.set(task.name, task);
  }
  return [...byName.values()];
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

function checkQuestion({ choices, gold, labels }: Question, delimiter: string, place: string): void {
  if (choices.length === 0) throw new HonEvalError('dataset', `${place}: expected at least one choice, got none.`);
  if (!Number.isInteger(gold) || gold < 0 || gold >= choices.length) {
    throw new HonEvalError(
      'dataset',
      `${place}: expected the right choice to be one of 0 to ${choices.length - 1}, got ${gold}.`,
    );
  }
  // What has a label is scored by its length.
  const empty = choices.findIndex((choice) => (labels ? choice : delimiter + choice) === '');
  if (empty >= 0) throw new HonEvalError('dataset', `${place}: choice ${empty} is empty, so nothing would be scored.`);
}
