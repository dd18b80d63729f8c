import { createReadStream } from 'node:fs';
import { HonEvalError } from './errors.ts';

/**
 * Lines of a UTF-8 file as a stream, the last one too where no newline ends it. Not node:readline's: those also end at
 * U+2028 and U+2029, which JSON allows inside a string.
 * @param fatal whether bytes that are no UTF-8 are a `dataset` error; else U+FFFD stands for them
 */
export async function* lines(file: string, fatal = true): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal });
  let rest = '';
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    const parts = (rest + decode(decoder, file, chunk, true)).split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
  yield rest + decode(decoder, file);
}

/** The next chunk of a file, or its end where there is none left. Throws as `readText`. */
export function decode(decoder: TextDecoder, file: string, chunk?: Uint8Array, stream = false): string {
  try {
    return decoder.decode(chunk, { stream });
  } catch {
    throw new HonEvalError('dataset', `${file}: expected UTF-8 text, got bytes that are not; is it a truncated file?`);
  }
}
