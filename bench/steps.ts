/** A benchmark in steps whose results are kept in files, so that one that was cut off goes on with the step it was in. */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../src/output/pending_files.ts';
import { sha256 } from '../src/sha256.ts';
import { tell } from './setup.ts';

export class Steps {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * @param settings All that a step's result depends on beside its name: with others there are other files.
   * @param fresh Whether the results of earlier runs with these settings are removed.
   */
  static async open(work: string, settings: object, fresh: boolean): Promise<Steps> {
    const digest = sha256(JSON.stringify(settings)).slice(0, 16);
    const folder = join(work, 'steps', digest);
    if (fresh) await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    tell(`What is done is kept in ${folder}; the same command goes on from there.`);
    return new Steps(folder);
  }

  /** What a step gave when it was done, or what it gives now. Names are those of files. */
  async take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const file = join(this.#folder, `${name}.json`);
    const kept = await readFile(file, 'utf8').catch(() => undefined);
    if (kept !== undefined) return JSON.parse(kept);
    const result = await work();
    await writeWhole(file, [JSON.stringify(result)]);
    return result;
  }
}
