import { readFile } from 'node:fs/promises';
import { decode } from '../lines.ts';

/** A UTF-8 file without its byte order mark. Throws a `dataset` error where it is none. */
export async function readText(file: string): Promise<string> {
  return decode(new TextDecoder('utf-8', { fatal: true }), file, await readFile(file));
}
