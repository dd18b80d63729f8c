import { basename } from 'node:path';
import { type LoadOptions, loadRows } from '../dataset/read.ts';
import { Row } from '../dataset/row.ts';
import { HonEvalError } from '../errors.ts';
import type { CommonOptions, OpeningListener } from './open_run.ts';
import type { AskOptions } from './task/ask.ts';
import { shotCount } from './task/shots.ts';
import type { Document, Task } from './task/task.ts';

/** A benchmark with its documents read. */
export interface LoadedTask {
  task: Task;
  /** In the order in which they are scored, each with its place in it as its index. */
  documents: Document[];
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
  ask: (task: Task, rows: Row[], options: AskOptions) => Promise<Document[]>,
  options: CommonOptions,
  { download: onProgress, notice: onNotice }: OpeningListener,
): Promise<LoadedTask> {
  const { data, limit, order, signal, shotSeed, system } = options;
  const from: LoadOptions = { data, signal, onProgress, onNotice };
  const { rows, total, origin } = await loadRows(task, { ...from, limit });
  const provenance = origin.kind === 'file' ? basename(origin.path) : `${origin.repo}@${origin.commit}`;
  if (rows.length === 0) throw new HonEvalError('dataset', `${provenance} has no rows for ${task.name}.`);
  const shots = task.output === 'loglikelihood_rolling' ? 0 : shotCount(task, options.shots);
  const pool = shots > 0 ? await loadShots(task, from) : [];
  const documents = await ask(task, rows, { order, pool, count: shots, seed: shotSeed, system });
  return { task, documents, available: total, provenance, shots };
}

/** The rows that shots are drawn from. */
async function loadShots(task: Task, options: LoadOptions): Promise<Row[]> {
  const { name, dataset, shots } = task;
  if (!shots) throw new HonEvalError('usage', `${name} has no rows to take shots from; score it with --num-fewshot 0.`);
  if (shots.rows) return shots.rows.map((json, i) => new Row(json, `${name}, shot ${i}`));
  const { source } = shots;
  if (!source) return (await loadRows(task, options)).rows;
  const split = dataset && { ...dataset, ...source };
  return (await loadRows({ name, dataset: split }, { ...options, split: source.split })).rows;
}
