/** Matrices as pictures of one colour a cell: exact at any size, and small in a file. */
import { crc32, deflateSync } from 'node:zlib';

/** Colours of a picture as [red, green, blue], 0 to 255. */
export type Palette = readonly (readonly [number, number, number])[];

/**
 * A PNG with square cells, on no background.
 * @param cells [rows, columns] indices into `palette`, of at most 255 colours; -1 is transparent.
 * @param size Pixels of a cell: more than one, so that a viewer which smooths what it enlarges does so little.
 */
export function cellsPng(cells: ArrayLike<number>, rows: number, columns: number, palette: Palette, size = 1): Buffer {
  const width = columns * size;
  const transparent = palette.length;
  const raw = Buffer.alloc(rows * size * (width + 1));
  for (let y = 0; y < rows * size; y++)
    for (let x = 0; x < width; x++) {
      const cell = cells[Math.floor(y / size) * columns + Math.floor(x / size)];
      // Every line starts with the number of its filter: 0, none.
      raw[y * (width + 1) + 1 + x] = cell < 0 ? transparent : cell;
    }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(rows * size, 4);
  // 8 bits a pixel, which index a palette.
  header.set([8, 3], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from([...palette, [0, 0, 0]].flat())),
    chunk('tRNS', Buffer.from([...palette.map(() => 255), 0])),
    chunk('IDAT', deflateSync(raw)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}
