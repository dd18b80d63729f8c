import { crc32 } from 'node:zlib';
import { parquetHeader } from 'hyparquet/src/column.js';

/** Bytes of one page, unpacked; writers aim at one or two million. */
const largestPage = 1 << 27;

/** Values of one page; writers aim at one or two million bytes of them, at one bit a value or more. */
const mostValues = 1 << 25;

/**
 * Goes through the pages of a column in a row group, as yet packed: throws where a length does not fit, where a page's
 * bytes are not those of its checksum, or where there are other than `values` values in all.
 */
export function checkPages(view: DataView<ArrayBuffer>, values: number): void {
  const reader = { view, offset: 0 };
  let found = 0;
  // Some writers count one byte too many.
  while (reader.offset < view.byteLength - 1) {
    const header = parquetHeader(reader);
    const { compressed_page_size: length, uncompressed_page_size: unpacked, crc } = header;
    if (!isCount(length, view.byteLength - reader.offset)) throw new Error('a page ends behind its column');
    if (!isCount(unpacked, largestPage)) throw new Error(`a page would have ${unpacked} bytes`);
    const bytes = new Uint8Array(view.buffer, view.byteOffset + reader.offset, length);
    if (crc !== undefined && crc32(bytes) !== crc >>> 0)
      throw new Error('the checksum of a page is not that of its bytes');
    const page = header.data_page_header ?? header.data_page_header_v2 ?? header.dictionary_page_header;
    const count = page?.num_values ?? 0;
    if (!isCount(count, mostValues)) throw new Error(`a page would have ${count} values`);
    if (!header.dictionary_page_header) found += count;
    checkLevels(header.data_page_header_v2, length);
    reader.offset += length;
  }
  if (found !== values) throw new Error(`a column has ${found} values, and its footer counts ${values}`);
}

type Header = ReturnType<typeof parquetHeader>;

/** The lengths that the second version of data pages has beside its own. */
function checkLevels(header: Header['data_page_header_v2'], length: number): void {
  if (!header) return;
  const { num_nulls: nulls, num_values: values, num_rows: rows } = header;
  const { repetition_levels_byte_length: repetition, definition_levels_byte_length: definition } = header;
  if (!isCount(nulls, values) || !isCount(rows, values))
    throw new Error(`a page has ${values} values, ${nulls} of them null, in ${rows} rows`);
  if (!isCount(repetition, length) || !isCount(definition, length - repetition))
    throw new Error('the levels of a page end behind it');
}

function isCount(value: number, most: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= most;
}
