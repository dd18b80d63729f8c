/** Exit codes of the commands, one for each kind of failure, so that scripts can tell them apart. */
export const exitCodes = {
  /** Anything that hon-eval did not foresee: a bug. */
  unexpected: 1,
  /** A flag, a task, a backend or a device that does not exist or does not fit. */
  usage: 2,
  /** A checkpoint that is missing, damaged or not supported. */
  checkpoint: 3,
  /** A data set that is missing, or a row of it that is malformed. */
  dataset: 4,
  /** A repository, revision or file that the hub does not have. */
  notFound: 5,
  /** A gated or private repository, without a token that opens it. */
  accessDenied: 6,
  /** The hub cannot be reached, or the network is switched off. */
  network: 7,
  /** The model answered with numbers that are not finite. */
  numeric: 8,
  /** The results cannot be written. */
  output: 9,
  /** A document, or the model itself, does not fit into the device's memory. */
  memory: 10,
  /** Results to be read that are missing, damaged, or do not fit together. */
  results: 11,
  /** A process that was to do a part of the work has ended again and again. */
  worker: 12,
  /** A share of a plan that was stopped and goes on when it is started again. */
  again: 75,
  /** Stopped by Ctrl-C or SIGTERM. */
  interrupted: 130,
} as const;

export type FailureKind = keyof typeof exitCodes;

/**
 * A failure that the user can act on. The message is one sentence or two, fit for stderr as it is: the operation,
 * what was expected, what came, and what to do. Everything else that is thrown is a bug.
 */
export class HonEvalError extends Error {
  override readonly name = 'HonEvalError';
  readonly kind: FailureKind;

  constructor(kind: FailureKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }

  get exitCode(): number {
    return exitCodes[this.kind];
  }
}

/** What an error says, for a message that it is part of. */
export function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether an error is one that the operating system reported, such as of a full disk. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}
