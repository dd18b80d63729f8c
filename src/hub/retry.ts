import { setTimeout as sleep } from 'node:timers/promises';
import { HubResponseError, isTransient } from './errors.ts';
import { limits } from './limits.ts';

export interface RetryOptions {
  signal?: AbortSignal;
  /** Whether a failure may pass; `isTransient` if left out. */
  mayPass?(error: unknown): boolean;
  /** Whether the attempt that failed got further than the one before it: then all pauses are there again. */
  gotFurther?(): boolean;
  /** Told of pauses that the hub asks for. */
  onNotice?(message: string): void;
}

/** Attempts something again where it fails for a reason that may pass, after pauses, or when the hub says. */
export async function withRetries<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { signal, mayPass = isTransient, gotFurther, onNotice } = options;
  for (let failures = 0; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      signal?.throwIfAborted();
      if (gotFurther?.()) failures = 0;
      const asked = error instanceof HubResponseError ? error.retryAfter : undefined;
      const isOver = failures >= limits.pauses.length || (asked ?? 0) > limits.longestPause;
      if (!mayPass(error) || isOver) throw error;
      if (asked !== undefined && asked > limits.pauses[0])
        onNotice?.(`The hub is busy and asks to wait ${Math.ceil(asked / 1000)} s.`);
      await sleep(asked ?? limits.pauses[failures], undefined, { signal });
    }
  }
}
