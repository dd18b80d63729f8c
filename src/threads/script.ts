import { extname } from 'node:path';

/**
 * The file of a thread, named as the sources have it: `new URL('./name_thread.ts', import.meta.url)`. It ends as this one
 * does, in `.ts` where the sources are run as they are and in `.js` where they were compiled.
 */
export function scriptFile(script: URL): URL {
  return new URL(script.href.replace(/\.ts$/, extname(import.meta.url)));
}
