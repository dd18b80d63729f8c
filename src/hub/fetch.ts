/** `fetch` as the hub needs it. */
import { HubAbsentError, HubResponseError, HubUnreachableError } from './errors.ts';
import { limits } from './limits.ts';
import type { HubSettings } from './settings.ts';

/** Who is asked, and what is said to be let in. */
type Access = Pick<HubSettings, 'endpoint' | 'token' | 'basic'>;

export type Fetch = typeof fetch;

/** What the system says where nobody is there. */
const absent = /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|EHOSTUNREACH|ENETDOWN|.*CERT.*)$/;

/**
 * With the token, and only for the hub itself, not for the storage that it redirects to, nor for any other host that it
 * names; and with failures as `HubResponseError` and `HubUnreachableError`. The hub's library would refuse tokens that do
 * not begin with `hf_`, and forget the code that tells a gated repository from a missing one.
 */
export function hubFetch(settings: Access, signal?: AbortSignal): Fetch {
  const origin = originOf(settings.endpoint);
  const authorization = settings.token ? `Bearer ${settings.token}` : settings.basic;
  return async (input, init) => {
    const headers = new Headers(init?.headers);
    const toHub = new URL(input instanceof Request ? input.url : input).origin === origin;
    headers.delete('authorization');
    if (authorization && toHub) headers.set('authorization', authorization);
    const stalled = new AbortController();
    const timer = setTimeout(() => stalled.abort(new Error(`no answer in ${limits.stall / 1000} s`)), limits.stall);
    const signals = [signal, init?.signal, stalled.signal].filter((given) => given instanceof AbortSignal);
    const response = await fetch(input, { ...init, headers, signal: AbortSignal.any(signals) })
      .catch((error) => {
        signal?.throwIfAborted();
        throw unreachable(settings, error);
      })
      .finally(() => clearTimeout(timer));
    if (!response.ok) {
      await response.body?.cancel();
      throw new HubResponseError(response);
    }
    return response;
  };
}

/** The bytes of an answer as they come. A connection that breaks or stalls is a `HubUnreachableError`. */
export async function* bodyOf(response: Response, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (!reader) return;
  try {
    for (;;) {
      const { done, value } = await withinStall(reader.read());
      if (done) return;
      yield value;
    }
  } catch (error) {
    signal?.throwIfAborted();
    // A body that breaks off is a TypeError; what the disk reports is not.
    if (error instanceof TypeError) throw new HubUnreachableError('the connection broke', { cause: error });
    throw error;
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function withinStall<T>(reading: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const fail = () => reject(new HubUnreachableError('the connection stalled'));
  const timer = setTimeout(fail, limits.stall);
  return Promise.race([reading, promise]).finally(() => clearTimeout(timer));
}

/** The whole of an answer that may not be longer than `most` bytes, unpacked. */
export async function readBody(response: Response, most: number, signal?: AbortSignal): Promise<Buffer<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of bodyOf(response, signal)) {
    length += chunk.length;
    if (length > most) throw new HubUnreachableError(`an answer has more than ${most} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function originOf(endpoint: string): string | undefined {
  return URL.canParse(endpoint) ? new URL(endpoint).origin : undefined;
}

function unreachable({ endpoint }: Access, error: unknown): HubUnreachableError {
  const why = causeOf(error);
  const Kind = absent.test(why) ? HubAbsentError : HubUnreachableError;
  return new Kind(`${endpoint} cannot be reached (${why})`, { cause: error });
}

/** `fetch` throws a bare "fetch failed"; the reason is the error below it. */
function causeOf(error: unknown): string {
  const { cause, message } = error as Error & { cause?: { code?: string; message?: string } };
  return cause?.code || cause?.message || message;
}
