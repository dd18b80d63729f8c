import { Command } from '@oclif/core';

/** What all commands share. */
export abstract class HonEvalCommand extends Command {
  static override enableJsonFlag = true;

  /** Leaves failures to `main`: oclif would print them as JSON, or with a stack trace. */
  protected override async catch(error: Error): Promise<never> {
    throw error;
  }
}
