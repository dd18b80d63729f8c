import { Command } from '@oclif/core';

/** What all commands share. */
export abstract class HonEvalCommand extends Command {
  static override enableJsonFlag = true;

  /** The exit code of every failure, where the codes of `HonEvalError` mean something else to the command. */
  static failureExitCode?: number;

  /** Leaves failures to `main`: oclif would print them as JSON, or with a stack trace. */
  protected override async catch(error: Error): Promise<never> {
    throw error;
  }
}
