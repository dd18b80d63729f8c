import { stat } from 'node:fs/promises';
import { HonEvalError, reason } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { BoundedThread, LimitError } from '../threads/bounded_thread.ts';
import { Row, rowList } from './row.ts';
import type { FileRows } from './source.ts';

/** Rows of a group, the first `count` of them, or how many rows each group has. */
export type ParquetQuestion = { group: number; count: number } | 'groups';

export type ParquetAnswer = JsonObject[] | number[];

/**
 * The first `limit` rows of a Parquet file, columns in the schema's order, 64-bit integers as numbers. A damaged file can
 * have the library that decodes it loop or take all memory: it does so in a thread that is ended.
 */
export async function readParquet(
  file: string,
  limit = Number.POSITIVE_INFINITY,
  signal?: AbortSignal,
): Promise<FileRows> {
  const thread = new BoundedThread<ParquetQuestion, ParquetAnswer>(new URL('./parquet_thread.ts', import.meta.url), {
    ...limits((await stat(file).catch(() => undefined))?.size ?? 0),
    data: file,
    signal,
  });
  try {
    const groups = (await thread.ask('groups')) as number[];
    const rows = rowList();
    for (let group = 0; group < groups.length && rows.length < limit; group++) {
      const count = Math.min(groups[group], limit - rows.length);
      for (const row of (await thread.ask({ group, count })) as JsonObject[])
        rows.push(new Row(row, `${file}, row ${rows.length + 1}`));
    }
    return { rows, total: groups.reduce((sum, count) => sum + count, 0) };
  } catch (error) {
    signal?.throwIfAborted();
    const why = error instanceof LimitError ? `it ${error.message}` : reason(error);
    throw new HonEvalError('dataset', `${file}: expected a Parquet file, got one that cannot be read (${why}).`);
  } finally {
    await thread.close();
  }
}

/** What a group of rows may take, by the size of the file: many times what honest ones do. */
function limits(size: number): { seconds: number; megabytes: number } {
  const megabytes = Math.ceil(size / 1e6);
  return { seconds: Math.ceil(4 + megabytes / 4), megabytes: 256 + 8 * megabytes };
}
