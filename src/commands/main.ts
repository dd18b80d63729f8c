import { Errors, run } from '@oclif/core';
import { exitCodes, HonEvalError, reason } from '../errors.ts';
import { boundHeap } from '../heap.ts';
import { plainText } from '../output/plain_text.ts';
import { fitted, terminalWidth } from '../output/wrap.ts';
import { commands } from './index.ts';
import type { HonEvalCommand } from './shared/command.ts';
import { usageSentence } from './shared/usage.ts';

/**
 * Runs the command that the arguments name. A failure is one line on stderr and an exit code of its kind.
 * @param entry URL of the program's file, below the package's folder.
 */
export async function main(args: string[], entry: string): Promise<void> {
  const typed = inflected(args);
  boundHeap();
  watchOutput(typed);
  try {
    await run(typed, entry);
  } catch (error) {
    fail(error, typed);
  }
}

/** One line on stderr, and the end. */
function fail(error: unknown, args: string[]): never {
  const { message, exitCode } = explain(error, args);
  process.stderr.write(`${fitted(`hon-eval: ${plainText(message)}`, terminalWidth(process.stderr))}\n`);
  if (process.env.DEBUG) console.error(error);
  // Not `process.exitCode`: what is still under way, such as hashing gigabytes, is of no use any more.
  process.exit(exitCode === exitCodes.interrupted ? exitCode : (failureExitCode(args) ?? exitCode));
}

/** What hands type where oclif has flags: `help run` is `run --help`, and `version` is `--version`. */
function inflected(args: string[]): string[] {
  const [first, ...others] = args;
  if (first === 'help') return [...others, '--help'];
  return first === 'version' ? ['--version'] : args;
}

/**
 * A reader that goes away, as `head` does, is none of the command's business: it ends as it would have, and unread text is
 * dropped. What cannot be written for another reason is a failure.
 */
function watchOutput(args: string[]): void {
  // oclif's own listener throws what it does not know.
  process.stdout.removeAllListeners('error').on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE')
      fail(new HonEvalError('output', `Cannot write to standard output: ${error.message}.`, { cause: error }), args);
  });
  process.stderr.on('error', () => {});
}

/** What the command has instead of the codes by kind. */
function failureExitCode([name]: string[]): number | undefined {
  return Object.entries<typeof HonEvalCommand>(commands).find(([known]) => known === name)?.[1].failureExitCode;
}

interface Failure {
  message: string;
  exitCode: number;
}

/** A full disk, a disk that cannot be written to or fails, no more files that may be open. */
const exhausted = /\b(ENOSPC|EDQUOT|EROFS|EIO|EMFILE|ENFILE)\b/;

function explain(error: unknown, args: string[]): Failure {
  if (error instanceof HonEvalError) return error;
  if (error instanceof Errors.CLIError)
    return { message: usageSentence(error, Object.keys(commands), args), exitCode: exitCodes.usage };
  const detail = reason(error);
  if (exhausted.test(`${(error as NodeJS.ErrnoException)?.code} ${detail}`))
    return { message: `The system has no more to give: ${detail}.`, exitCode: exitCodes.output };
  return { message: `This is a bug in hon-eval: ${detail} (DEBUG=1 tells where).`, exitCode: exitCodes.unexpected };
}
