import { Errors, run } from '@oclif/core';
import { exitCodes, HonEvalError, reason } from '../errors.ts';
import { nearest } from '../harness/task/nearest.ts';
import { plainText } from '../output/plain_text.ts';
import { commands } from './index.ts';
import type { HonEvalCommand } from './shared/command.ts';

/**
 * Runs the command that the arguments name. A failure is one line on stderr and an exit code of its kind.
 * @param entry URL of the program's file, below the package's folder.
 */
export async function main(args: string[], entry: string): Promise<void> {
  const typed = inflected(args);
  watchOutput(typed);
  try {
    await run(typed, entry);
  } catch (error) {
    fail(error, typed);
  }
}

/** One line on stderr, and the end. */
function fail(error: unknown, args: string[]): never {
  const { message, exitCode } = explain(error);
  process.stderr.write(`hon-eval: ${plainText(message)}\n`);
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

function explain(error: unknown): Failure {
  if (error instanceof HonEvalError) return error;
  if (error instanceof Errors.CLIError) return { message: usage(error), exitCode: exitCodes.usage };
  const detail = reason(error);
  if (exhausted.test(`${(error as NodeJS.ErrnoException)?.code} ${detail}`))
    return { message: `The system has no more to give: ${detail}.`, exitCode: exitCodes.output };
  return { message: `This is a bug in hon-eval: ${detail} (DEBUG=1 tells where).`, exitCode: exitCodes.unexpected };
}

/** What oclif says of a wrong command line, as one sentence, and what may have been meant. */
function usage(error: Error & { flags?: string[]; parse?: { input?: { flags?: object } } }): string {
  const unknown = /^command (.*) not found\.?$/i.exec(error.message)?.[1];
  if (unknown) return lacking('command', spoken(unknown), Object.keys(commands).map(spoken));
  if (error.flags && error.parse?.input?.flags) {
    const known = Object.keys(error.parse.input.flags).map((flag) => `--${flag}`);
    return lacking('flag', error.flags[0], known);
  }
  // Its first line may be a heading, its last one names --help.
  const lines = error.message.split('\n').map((line) => line.trim());
  const telling = lines.filter(
    (line) => line && !/^(The following errors? occurred:|See more help with --help)$/.test(line),
  );
  return `${telling.join(': ')}; hon-eval --help says more.`;
}

/** A command of two words as it is typed. */
function spoken(command: string): string {
  return command.replaceAll(':', ' ');
}

function lacking(what: string, name: string, known: string[]): string {
  const guess = nearest(name, known);
  return `There is no ${what} ${name}; ${guess ? `did you mean ${guess}?` : `the ${what}s are ${known.join(', ')}.`}`;
}
