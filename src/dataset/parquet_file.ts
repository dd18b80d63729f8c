import {
  type AsyncBuffer,
  asyncBufferFromFile,
  type FileMetaData,
  parquetMetadataAsync,
  parquetSchema,
  type SchemaTree,
} from 'hyparquet';
import { parquetReadColumn } from 'hyparquet/src/read.js';
import { getMaxRepetitionLevel, getTreePath } from 'hyparquet/src/schema.js';
import { compressors } from 'hyparquet-compressors';
import type { Json, JsonObject } from '../json.ts';
import { checkPages } from './parquet_pages.ts';

/**
 * A Parquet file, of which nothing is believed that can be checked. The message of what it throws says what is wrong with
 * the file, as part of a sentence.
 */
export class ParquetFile {
  /** Rows of each row group. */
  readonly groups: number[];
  readonly #buffer: AsyncBuffer;
  readonly #metadata: FileMetaData;
  readonly #tree: SchemaTree;
  /** Names of the top-level columns, in the schema's order. */
  readonly #columns: string[];

  constructor(buffer: AsyncBuffer, metadata: FileMetaData) {
    this.#buffer = buffer;
    this.#metadata = metadata;
    this.#tree = parquetSchema(metadata);
    this.#columns = columnNames(this.#tree, metadata.schema);
    this.groups = metadata.row_groups.map(({ num_rows: rows }) => count(rows));
    const total = this.groups.reduce((sum, rows) => sum + rows, 0);
    if (count(metadata.num_rows) !== total)
      throw new Error(`its footer counts ${metadata.num_rows} rows, and its row groups have ${total}`);
  }

  static async open(path: string): Promise<ParquetFile> {
    const buffer = await asyncBufferFromFile(path);
    return new ParquetFile(buffer, await parquetMetadataAsync(buffer));
  }

  /** The first rows of a row group. */
  async rows(group: number, wanted: number): Promise<JsonObject[]> {
    await this.#check(group);
    const rowStart = this.groups.slice(0, group).reduce((sum, rows) => sum + rows, 0);
    const options = { file: this.#buffer, metadata: this.#metadata, compressors };
    const columns: ArrayLike<unknown>[] = [];
    for (const name of this.#columns) {
      const rowEnd = rowStart + this.groups[group];
      const values = await parquetReadColumn({ ...options, columns: [name], rowStart, rowEnd });
      if (values.length !== this.groups[group])
        throw new Error(`column ${JSON.stringify(name)} has ${values.length} rows of ${this.groups[group]}`);
      columns.push(values);
    }
    return Array.from({ length: wanted }, (_, row) =>
      Object.fromEntries(this.#columns.map((name, i) => [name, toJson(columns[i][row])])),
    );
  }

  /** Holds the pages of a row group against what the footer says of them. */
  async #check(group: number): Promise<void> {
    const { columns, num_rows: rows } = this.#metadata.row_groups[group];
    const leaves = this.#metadata.schema.filter(({ num_children: children }) => !children).length;
    if (columns.length !== leaves) throw new Error(`a row group has ${columns.length} of ${leaves} columns`);
    for (const { meta_data: column, file_path: elsewhere } of columns) {
      if (!column || elsewhere) throw new Error('a column is encrypted or in another file');
      const values = count(column.num_values);
      const repeats = getMaxRepetitionLevel(getTreePath(this.#tree, column.path_in_schema)) > 0;
      // What does not repeat has one value a row, nulls included.
      if (!repeats && values !== count(rows)) throw new Error(`a column has ${values} values in ${rows} rows`);
      const begin = count(column.dictionary_page_offset || column.data_page_offset);
      const end = begin + count(column.total_compressed_size);
      if (end > this.#buffer.byteLength) throw new Error('a column ends behind the file; is it truncated?');
      checkPages(new DataView(await this.#buffer.slice(begin, end)), values);
    }
  }
}

/** A number of the footer that counts something. */
function count(value: bigint | number): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 0)
    throw new Error(`its footer has ${value ?? 'nothing'} where a count should be`);
  return number;
}

function columnNames({ children, count: elements }: SchemaTree, schema: unknown[]): string[] {
  const names = children.map(({ element }) => element.name);
  if (elements !== schema.length) throw new Error(`its schema has ${schema.length} elements, and uses ${elements}`);
  if (new Set(names).size < names.length) throw new Error('two of its columns have one name');
  return names;
}

function toJson(value: unknown): Json {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'bigint' && Number.isSafeInteger(Number(value))) return Number(value);
  if (value instanceof Date && Number.isFinite(value.getTime())) return value.toISOString();
  if (Array.isArray(value)) return value.map(toJson);
  if (ArrayBuffer.isView(value)) return Array.from(value as Uint8Array, toJson);
  if (typeof value === 'object' && !(value instanceof Date))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]));
  throw new Error(`it holds ${typeof value === 'bigint' ? 'an integer' : 'a number'} that JSON cannot: ${value}`);
}
