import { isUtf8 } from 'node:buffer';
import { readFile, stat } from 'node:fs/promises';
import { HonEvalError } from '../errors.ts';

/** Bytes of a file that is read at once; no string may be much longer than that. */
const longestText = 1 << 28;

/** A UTF-8 file without its byte order mark. Throws a `dataset` error where it is none. */
export async function readText(file: string): Promise<string> {
  const { size } = await stat(file);
  if (size > longestText)
    throw new HonEvalError('dataset', `${file}: expected at most ${longestText} bytes, got ${size}; use JSON Lines.`);
  const bytes = await readFile(file);
  if (!isUtf8(bytes))
    throw new HonEvalError('dataset', `${placeOf(bytes, file)}: expected UTF-8 text, got bytes that are not.`);
  return bytes.toString('utf8').replace(/^\ufeff/, '');
}

/** The file and the first line that is no UTF-8. */
function placeOf(bytes: Buffer, file: string): string {
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(0x0a, start);
    if (end < 0 || !isUtf8(bytes.subarray(start, end))) break;
    start = end + 1;
  }
  return `${file}, line ${line}`;
}
