/** Hands files to a scheduler's own program. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { HonEvalError, reason } from '../errors.ts';

/** What the program says. Throws a `usage` error where it is not there, or refuses. */
export async function hand(program: string, args: readonly string[]): Promise<string> {
  try {
    return (await promisify(execFile)(program, [...args])).stdout.trim();
  } catch (error) {
    const { code, stderr = '' } = error as NodeJS.ErrnoException & { stderr?: string };
    const what =
      code === 'ENOENT'
        ? `There is no ${program} on this machine`
        : `${program} has failed: ${stderr.trim() || reason(error)}`;
    throw new HonEvalError('usage', `${what.replace(/\.$/, '')}. --dry-run prints what it would be given.`, {
      cause: error,
    });
  }
}
