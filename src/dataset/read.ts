import { existsSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { HonEvalError } from '../errors.ts';
import { downloadSnapshot } from '../hub/download.ts';
import type { Snapshot, SnapshotRequest } from '../hub/types.ts';
import { readCsv } from './csv.ts';
import { readJson } from './json.ts';
import { readJsonl } from './jsonl.ts';
import { readParquet } from './parquet.ts';
import { rowList } from './row.ts';
import type { DatasetRows, DatasetSource, FileRows } from './source.ts';

type Reader = (file: string, limit?: number, signal?: AbortSignal) => Promise<FileRows>;

const readers = new Map<string, Reader>([
  ['.jsonl', readJsonl],
  ['.json', readJson],
  ['.parquet', readParquet],
  ['.csv', readCsv],
]);

export interface LoadOptions extends Pick<SnapshotRequest, 'onProgress' | 'onNotice' | 'signal'> {
  /**
   * Folder that holds `<task>.jsonl`, `.json`, `.parquet` or `.csv`, or one such file; without it the rows come from the
   * hub.
   */
  data?: string;
  /** Read only the first rows. */
  limit?: number;
  /** Read `<task>.<split>.jsonl` and its like in the folder, in place of those of the split that is scored. */
  split?: string;
}

/** The rows of a task, from the folder `data` where one is given and from the hub otherwise. */
export async function loadRows(
  task: { name: string; dataset?: DatasetSource },
  options: LoadOptions,
): Promise<DatasetRows> {
  if (options.data !== undefined) return fromDisk(task.name, options.data, options);
  if (task.dataset) return fromHub(task.name, task.dataset, options);
  throw new HonEvalError(
    'dataset',
    `The rows of ${task.name} are not on the hub; name the folder that holds ${candidates(task.name).join(', ')} with --data.`,
  );
}

/** Whether rows come from one file, which holds those of one task. */
export function isOneFile(data: string | undefined): boolean {
  return data !== undefined && statSync(data, { throwIfNoEntry: false })?.isFile() === true;
}

/** The first `limit` rows of a file; its extension says how it is read. */
export function readRows(file: string, limit?: number, signal?: AbortSignal): Promise<FileRows> {
  const reader = readers.get(extname(file));
  if (!reader) throw new HonEvalError('dataset', `Cannot read ${file}: expected ${[...readers.keys()].join(', ')}.`);
  return reader(file, limit, signal);
}

async function fromDisk(task: string, data: string, { limit, split, signal }: LoadOptions): Promise<DatasetRows> {
  const path = findRows(split === undefined ? task : `${task}.${split}`, data);
  return { ...(await readRows(path, limit, signal)), origin: { kind: 'file', path } };
}

function findRows(name: string, data: string): string {
  const stats = statSync(data, { throwIfNoEntry: false });
  if (stats && !stats.isDirectory()) return data;
  if (!stats) throw new HonEvalError('dataset', `Cannot read data from ${data}: there is no such folder or file.`);
  const path = candidates(join(data, name)).find((candidate) => existsSync(candidate));
  if (path !== undefined) return path;
  const wanted = candidates(name).join(', ');
  throw new HonEvalError('dataset', `No rows for ${name} in ${data}: looked for ${wanted}.`);
}

async function fromHub(name: string, source: DatasetSource, options: LoadOptions): Promise<DatasetRows> {
  const { repo, revision = 'main' } = source;
  const { folder, commit, files } = await download(name, source, options);
  if (files.length === 0) {
    throw new HonEvalError('dataset', `The data set ${repo}@${commit} has no file that matches ${source.files}.`);
  }
  const split = await readAll(
    files.map((file) => join(folder, file)),
    options.limit,
    options.signal,
  );
  return { ...split, origin: { kind: 'hub', repo, revision, commit, files } };
}

async function download(name: string, source: DatasetSource, options: LoadOptions): Promise<Snapshot> {
  const { repo, revision = 'main' } = source;
  const { onProgress, onNotice, signal } = options;
  const wanted = pattern(source.files);
  const select = (path: string) => wanted.test(path);
  try {
    return await downloadSnapshot({ type: 'dataset', repo, revision, select, onProgress, onNotice, signal });
  } catch (error) {
    if (!(error instanceof HonEvalError && error.kind === 'accessDenied')) throw error;
    const message = `${error.message} Or name the folder that holds ${candidates(name).join(', ')} with --data.`;
    throw new HonEvalError(error.kind, message, { cause: error });
  }
}

async function readAll(files: string[], limit = Number.POSITIVE_INFINITY, signal?: AbortSignal): Promise<FileRows> {
  if (files.length === 1) return readRows(files[0], limit, signal);
  const rows = rowList();
  let total = 0;
  for (const file of files) {
    const part = await readRows(file, limit - rows.length, signal);
    for (const row of part.rows) rows.push(row);
    total += part.total;
  }
  return { rows, total };
}

function candidates(stem: string): string[] {
  return [...readers.keys()].map((extension) => stem + extension);
}

function pattern(glob: string): RegExp {
  const parts = glob.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^/]*')}$`);
}
