import { basename } from 'node:path';
import { type LoadOptions, loadRows } from '../dataset/read.ts';
import { Row } from '../dataset/row.ts';
import type { DatasetRows } from '../dataset/source.ts';
import { HonEvalError, reason } from '../errors.ts';
import type { List } from '../long_list.ts';
import type { CommonOptions, OpeningListener } from './open_run.ts';
import type { AskOptions } from './task/ask.ts';
import { shotCount } from './task/shots.ts';
import type { Document, Task } from './task/task.ts';

/** A benchmark with its documents read. */
export interface LoadedTask {
  task: Task;
  /** In the order in which they are scored, each with its place in it as its index. */
  documents: List<Document>;
  /** Indices of documents that are not packed together with those before them. */
  cuts?: number[];
  /** Rows of the split, before `--limit`. */
  available: number;
  provenance: string;
  /** Shots before each question. */
  shots: number;
}

/** @param ask What makes documents of rows. */
export async function loadTask(
  task: Task,
  ask: (task: Task, rows: List<Row>, options: AskOptions) => Promise<List<Document>>,
  options: CommonOptions,
  { download: onProgress, notice: onNotice }: OpeningListener,
): Promise<LoadedTask> {
  const { data, limit, order, signal, shotSeed, system } = options;
  const from: LoadOptions = { data, signal, onProgress, onNotice };
  const { rows, total, origin } = await loadTaskRows(task, { ...from, limit });
  const provenance = origin.kind === 'file' ? basename(origin.path) : `${origin.repo}@${origin.commit}`;
  if (rows.length === 0) throw new HonEvalError('dataset', `${provenance} has no rows for ${task.name}.`);
  const shots = task.output === 'loglikelihood_rolling' ? 0 : shotCount(task, options.shots);
  const pool = shots > 0 ? await loadShots(task, from) : [];
  const documents = await ask(task, rows, { order, pool, count: shots, seed: shotSeed, system });
  return { task, documents, available: total, provenance, shots };
}

/** The rows that a task asks about; a limit counts those. */
export async function loadTaskRows(task: Task, options: LoadOptions): Promise<DatasetRows> {
  const source = { name: task.rowsFile ?? task.name, dataset: task.dataset };
  if (!task.rows) return loadRows(source, options);
  const loaded = await loadRows(source, { ...options, limit: undefined });
  const rows = processRows(task, loaded.rows, 'asked');
  return { ...loaded, rows: rows.slice(0, options.limit), total: rows.length };
}

/** Throws a `dataset` error where the task makes nothing of the rows. */
export function processRows({ name, rows: process }: Task, rows: List<Row>, use: 'asked' | 'shots'): List<Row> {
  if (!process) return rows;
  const place = rows.at(0)?.place.replace(/, [^,]*$/, '');
  try {
    return process(
      rows.map(({ json }) => json),
      use,
    ).map((json, i) => new Row(json, `${place}, example ${i} of ${name}`));
  } catch (error) {
    throw new HonEvalError('dataset', `${place}: the task ${name} cannot use its rows (${reason(error)}).`, {
      cause: error,
    });
  }
}

/** The rows that shots are drawn from. */
async function loadShots(task: Task, options: LoadOptions): Promise<readonly Row[]> {
  const { name, rowsFile = name, dataset, shots } = task;
  if (!shots) throw new HonEvalError('usage', `${name} has no rows to take shots from; score it with --num-fewshot 0.`);
  if (shots.rows) return shots.rows.map((json, i) => new Row(json, `${name}, shot ${i}`));
  const { source } = shots;
  if (!source) return [...(await loadTaskRows(task, options)).rows];
  const split = dataset && { ...dataset, ...source };
  const { rows } = await loadRows({ name: rowsFile, dataset: split }, { ...options, split: source.split });
  return [...processRows(task, rows, 'shots')];
}
