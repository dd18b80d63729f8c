import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Real rows and tokenizers, which are not part of the project. */
const folder = process.env.HON_EVAL_SHARED ?? join(import.meta.dirname, '../../shared');

/** Path of a shared file or folder. */
export function shared(path: string): string {
  return join(folder, path);
}

/** Skips a test, with a message, where a shared file is missing. */
export function needsShared(context: { skip(condition: boolean, note?: string): void }, ...paths: string[]): void {
  const missing = paths.filter((path) => !existsSync(shared(path)));
  context.skip(missing.length > 0, `needs ${missing.join(', ')} in HON_EVAL_SHARED (${folder})`);
}
