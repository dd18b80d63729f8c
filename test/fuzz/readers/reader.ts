/** What the readers of all kinds of files have in common. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { damage, damageJson, type Random } from '../mutate.ts';

export interface Reader {
  /** What the file is called. */
  name: string;
  /** A damaged file. */
  make(next: Random): Buffer;
  /** Reads it whole. Throws an Error of its own over what is lost without a word. */
  read(path: string): Promise<void>;
  /**
   * Whether the product has it read in a thread that is ended where it takes too much. Here it is read without one, many
   * times as fast; to take too much is then to be refused.
   */
  isBounded?: boolean;
}

const fixtures = join(import.meta.dirname, '../../fixtures');

export const fixturePath = (path: string) => join(fixtures, path);
export const fixture = (path: string) => readFileSync(fixturePath(path));

export function pick<T>(next: Random, list: readonly T[]): T {
  return list[next(list.length)];
}

/** A JSON text that is damaged as bytes or, which goes deeper, as what it says. */
export function spoiltJson(next: Random, honest: string): Buffer {
  return next(2) ? Buffer.from(damageJson(honest, next)) : damage(Buffer.from(honest), next);
}
