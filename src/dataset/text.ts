import { readFile } from 'node:fs/promises';
import { HonEvalError } from '../errors.ts';

/** A UTF-8 file without its byte order mark. Throws a `dataset` error where it is none. */
export async function readText(file: string): Promise<string> {
  return decode(new TextDecoder('utf-8', { fatal: true }), file, await readFile(file));
}

/** The next chunk of a file, or its end where there is none left. Throws as `readText`. */
export function decode(decoder: TextDecoder, file: string, chunk?: Uint8Array, stream = false): string {
  try {
    return decoder.decode(chunk, { stream });
  } catch {
    throw new HonEvalError('dataset', `${file}: expected UTF-8 text, got bytes that are not; is it a truncated file?`);
  }
}
