import { Command, Errors } from '@oclif/core';
import { exitCodes, HonEvalError } from '../errors.ts';

/** What all commands share: a failure that the user can mend is one sentence on stderr and an exit code of its kind. */
export abstract class HonEvalCommand extends Command {
  static override enableJsonFlag = true;

  protected override async catch(error: Error): Promise<void> {
    if (error instanceof HonEvalError) return this.#fail(error.message, error.exitCode);
    if (error instanceof Errors.CLIError) return this.#fail(firstLine(error.message), exitCodes.usage);
    const detail = process.env.DEBUG ? (error.stack ?? error.message) : firstLine(error.message);
    this.#fail(`This is a bug in hon-eval: ${detail}`, exitCodes.unexpected);
  }

  #fail(message: string, code: number): void {
    process.stderr.write(`hon-eval: ${message}\n`);
    process.exitCode = code;
  }
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0];
}
