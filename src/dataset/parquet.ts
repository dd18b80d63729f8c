import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { HonEvalError, reason } from '../errors.ts';
import type { Json, JsonObject } from '../json.ts';
import { Row } from './row.ts';
import type { FileRows } from './source.ts';

/** The first `limit` rows of a Parquet file, columns in the schema's order, 64-bit integers as numbers. */
export async function readParquet(file: string, limit = Number.POSITIVE_INFINITY): Promise<FileRows> {
  const { objects, total } = await readObjects(file, limit);
  const rows = objects.map((object, index) => {
    const place = `${file}, row ${index + 1}`;
    return new Row(toJson(object, place) as JsonObject, place);
  });
  return { rows, total };
}

async function readObjects(file: string, limit: number): Promise<{ objects: unknown[]; total: number }> {
  try {
    const buffer = await asyncBufferFromFile(file);
    const metadata = await parquetMetadataAsync(buffer);
    const total = Number(metadata.num_rows);
    const rowEnd = Math.min(limit, total);
    return { objects: await parquetReadObjects({ file: buffer, metadata, compressors, rowEnd }), total };
  } catch (error) {
    throw new HonEvalError(
      'dataset',
      `${file}: expected a Parquet file, got one that cannot be read (${reason(error)}).`,
    );
  }
}

function toJson(value: unknown, place: string): Json {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value === 'bigint' && Number.isSafeInteger(Number(value))) return Number(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((item) => toJson(item, place));
  if (ArrayBuffer.isView(value)) return toJson(Array.from(value as Uint8Array), place);
  if (typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item, place)]));
  }
  throw new HonEvalError('dataset', `${place}: expected values that JSON can hold, got a ${typeof value}.`);
}
