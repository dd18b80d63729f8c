import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Something that the build needs: it, or a sentence that says what is missing and what would help. */
export type Requirement<T> = { found: T } | { missing: string };

export const execute = promisify(execFile);

/** The line of a failed program's output that tells most: the first that speaks of an error, else the first. */
export function firstError(error: unknown): string {
  const { stderr = '', message } = error as Error & { stderr?: string };
  const lines = (stderr || message).split('\n').filter((line) => line.trim() !== '');
  return (
    lines.find((line) => /\berror\b|undefined|not found|cannot/i.test(line)) ??
    lines[0] ??
    'no reason given'
  ).trim();
}

/** Whether a version such as `12.2.0` is at least `minimum`, number by number. */
export function atLeast(version: string, minimum: readonly number[]): boolean {
  const numbers = version.split('.').map(Number);
  for (const [i, least] of minimum.entries()) if ((numbers[i] || 0) !== least) return (numbers[i] || 0) > least;
  return true;
}
