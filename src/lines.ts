import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { type FailureKind, HonEvalError } from './errors.ts';
import { watchHeap } from './heap.ts';

/** Bytes of the longest line; one that is longer is no row of a data set, and no string may be much longer. */
const longestLine = 1 << 27;

const newline = 0x0a;
const byteOrderMark = Buffer.of(0xef, 0xbb, 0xbf);

/**
 * Lines of a UTF-8 file as a stream, the last one too where no newline ends it. Not node:readline's: those also end at
 * U+2028 and U+2029, which JSON allows inside a string.
 * @param kind What a line is that is not UTF-8: an error of this kind, which names it; where it is left out, U+FFFD stands
 * for its bytes.
 */
export async function* lines(file: string, kind?: FailureKind): AsyncGenerator<string> {
  let number = 0;
  for await (const bytes of byteLines(file, kind)) {
    number++;
    if (kind && !isUtf8(bytes))
      throw new HonEvalError(kind, `${file}, line ${number}: expected UTF-8 text, got bytes that are not.`);
    const hasMark = number === 1 && bytes.subarray(0, 3).equals(byteOrderMark);
    yield bytes.toString('utf8', hasMark ? 3 : 0);
  }
}

/** Lines of a file as the bytes between newlines. */
export async function* byteLines(file: string, kind: FailureKind = 'dataset'): AsyncGenerator<Buffer> {
  let number = 0;
  let begun: Buffer[] = [];
  let length = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    watchHeap();
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      number++;
      yield begun.length === 0 ? chunk.subarray(start, end) : Buffer.concat([...begun, chunk.subarray(start, end)]);
      start = end + 1;
      begun = [];
      length = 0;
    }
    begun.push(chunk.subarray(start));
    length += chunk.length - start;
    if (length > longestLine)
      throw new HonEvalError(
        kind,
        `${file}, line ${number + 1}: expected at most ${longestLine} bytes, got a line that is longer.`,
      );
  }
  yield Buffer.concat(begun);
}
