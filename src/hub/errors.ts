/** An answer of the hub that is not a success. */
export class HubResponseError extends Error {
  readonly status: number;
  /** What the hub says is wrong: `RepoNotFound`, `RevisionNotFound`, `EntryNotFound`, `GatedRepo` … */
  readonly code: string | undefined;
  /** The hub's own words. */
  readonly reason: string | undefined;
  /** After how many milliseconds it wants to be asked again, where it says so. */
  readonly retryAfter: number | undefined;

  constructor(response: Response) {
    // Without what follows the path: a storage's addresses are signed, and whoever has one may read the file.
    const { origin, pathname } = new URL(response.url);
    super(`The hub answered ${response.status} for ${origin}${pathname}.`);
    this.status = response.status;
    this.code = response.headers.get('x-error-code') ?? undefined;
    this.reason = response.headers.get('x-error-message') ?? undefined;
    this.retryAfter = parseRetryAfter(response.headers.get('retry-after'));
  }
}

/** Seconds, or a date (RFC 9110, 10.2.3). */
function parseRetryAfter(value: string | null): number | undefined {
  if (value === null) return undefined;
  const wait = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}

/** The hub cannot be reached, or what answers is not the hub. */
export class HubUnreachableError extends Error {}

/** Nobody is there at all: no network, no such name, nothing that listens. */
export class HubAbsentError extends HubUnreachableError {}

/** What came is not what was asked for. */
export class WrongContentError extends HubUnreachableError {}

/** Whether asking again may help. */
export function isTransient(error: unknown): boolean {
  if (error instanceof HubResponseError) return error.status === 429 || error.status >= 500;
  return error instanceof HubUnreachableError && !(error instanceof WrongContentError);
}
