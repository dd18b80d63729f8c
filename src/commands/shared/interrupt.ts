import { type FailureKind, HonEvalError } from '../../errors.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Interrupt {
  /** Aborted by the first signal, with an error of the given kind. */
  signal: AbortSignal;
  /** Gives the signals their usual meaning again. */
  release(): void;
}

/**
 * Listens for the wish to stop: Ctrl-C, SIGTERM, or the end of the terminal. What is under way may be finished first; a
 * second signal ends the process at once.
 */
export function listenForInterrupt(message: string, kind: FailureKind = 'interrupted'): Interrupt {
  const abort = new AbortController();
  const release = () => {
    for (const name of signals) process.removeListener(name, interrupt);
  };
  const interrupt = () => {
    release();
    abort.abort(new HonEvalError(kind, message));
  };
  for (const name of signals) process.on(name, interrupt);
  return { signal: abort.signal, release };
}
