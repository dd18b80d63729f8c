import { Command, Flags } from '@oclif/core';
import { withoutCommands } from '../../output/plain_text.ts';
import { fitted, terminalWidth } from '../../output/wrap.ts';
import { snakeCase } from './snake_case.ts';

/** Changes whenever a field of `--json` goes or means something else; new ones may come. */
export const jsonVersion = 1;

/** What all commands share. */
export abstract class HonEvalCommand extends Command {
  static override enableJsonFlag = true;

  static override baseFlags = {
    json: Flags.boolean({ helpGroup: 'GLOBAL', summary: 'Print one JSON object; docs/json.md lists its fields.' }),
  };

  /** The exit code of every failure but a stop, where the codes of `HonEvalError` mean something else to the command. */
  static failureExitCode?: number;

  /** What `--json` prints: docs/json.md has the fields of every command. */
  protected override toSuccessJson(result: object): object {
    return { version: jsonVersion, ...(snakeCase(result) as object) };
  }

  override log(message = ''): void {
    super.log(withoutCommands(message));
  }

  /** Sentences are broken between words where the terminal's lines end. */
  override logToStderr(message = ''): void {
    super.logToStderr(withoutCommands(fitted(message, terminalWidth(process.stderr))));
  }

  /** Leaves failures to `main`: oclif would print them as JSON, or with a stack trace. */
  protected override async catch(error: Error): Promise<never> {
    throw error;
  }
}
