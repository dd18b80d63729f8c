import { HonEvalError } from '../errors.ts';

/** Milliseconds in which a command is to stop by itself; a large batch cannot be stopped in its middle. */
const patience = 4000;

export interface Interrupt {
  /** Aborted by Ctrl-C or SIGTERM, with an `interrupted` error. */
  signal: AbortSignal;
  /** Gives the signals their usual meaning again. */
  release(): void;
}

/** Listens for the wish to stop. What has not stopped after some seconds is ended. */
export function listenForInterrupt(message: string): Interrupt {
  const abort = new AbortController();
  const interrupt = (signal: NodeJS.Signals) => {
    const stopped = new HonEvalError('interrupted', message);
    abort.abort(stopped);
    const end = () => {
      process.stderr.write(`hon-eval: ${stopped.message}\n`);
      // Nobody listens to the signal any more, so that it ends the process; so does a second one from the user.
      process.kill(process.pid, signal);
    };
    setTimeout(end, patience).unref();
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  return {
    signal: abort.signal,
    release: () => process.removeListener('SIGINT', interrupt).removeListener('SIGTERM', interrupt),
  };
}
