/** Fetches ONNX Runtime's CUDA provider, which npm's package leaves out, from its wheel on Python's package index. */
import { mkdtemp, rm } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { env } from 'onnxruntime-node';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { z } from 'zod';
import { cudaLibraries, libraryFolder } from '../backend/onnx/devices.ts';
import { HonEvalError, isSystemError, reason } from '../errors.ts';
import { downloadBlob } from '../hub/blob.ts';
import { HubResponseError, HubUnreachableError } from '../hub/errors.ts';
import { type Fetch, hubFetch, readBody } from '../hub/fetch.ts';
import { limits } from '../hub/limits.ts';
import { withRetries } from '../hub/retry.ts';
import { readAddress } from '../hub/settings.ts';
import type { DownloadProgress } from '../hub/types.ts';
import { parseJson } from '../json.ts';
import { PendingFiles } from '../output/pending_files.ts';

const project = 'onnxruntime-gpu';

export interface ProviderRequest {
  /** Where the libraries go; beside ONNX Runtime's own if left out. */
  folder?: string;
  /** Release of ONNX Runtime; that which is installed if left out. */
  version?: string;
  /** `linux x64`: operating system and processor; this machine's if left out. */
  system?: string;
  environment?: NodeJS.ProcessEnv;
  onProgress?(progress: DownloadProgress): void;
  signal?: AbortSignal;
}

/** What was fetched. */
export interface FetchedProvider {
  /** Address of the wheel. */
  wheel: string;
  sha256: string;
  /** The libraries, now in place. */
  files: { path: string; bytes: number }[];
}

/** A project's files as a package index lists them (PEP 691, with the sizes of PEP 700). */
const Listing = z.object({
  files: z.array(
    z.object({
      filename: z.string(),
      url: z.string(),
      size: z.int().positive().optional(),
      hashes: z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }).partial(),
      yanked: z.union([z.boolean(), z.string()]).optional(),
    }),
  ),
});

interface Wheel {
  name: string;
  url: string;
  size: number;
  sha256: string;
}

/**
 * Puts the provider's libraries beside ONNX Runtime: the wheel is downloaded, held against the digest that the index
 * lists, and the libraries appear together, whole.
 */
export async function fetchCudaProvider(request: ProviderRequest = {}): Promise<FetchedProvider> {
  const { folder = libraryFolder(), version = env.versions.common, system = `${platform()} ${arch()}` } = request;
  if (system !== 'linux x64')
    throw new HonEvalError(
      'usage',
      `ONNX Runtime's CUDA provider can be fetched for Linux on x64 only, and this is ${system}; the device webgpu needs nothing.`,
    );
  const { endpoint, basic } = readAddress(
    request.environment ?? process.env,
    'PIP_INDEX_URL',
    'https://pypi.org/simple',
  );
  const fetch = hubFetch({ endpoint, basic }, request.signal);
  try {
    const wheel = await findWheel(`${endpoint}/${project}/`, version, fetch, request.signal);
    const work = await mkdtemp(join(folder, '.fetched-'));
    try {
      const archive = join(work, wheel.name);
      await download(wheel, archive, fetch, request);
      const files = await extract(archive, folder, request.signal);
      return { wheel: wheel.url, sha256: wheel.sha256, files };
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  } catch (error) {
    throw explain(error, `${project} ${version}`, endpoint, folder);
  }
}

/** Any wheel of the release for Linux on x86-64 does, as its libraries know nothing of Python. */
async function findWheel(page: string, version: string, fetch: Fetch, signal?: AbortSignal): Promise<Wheel> {
  const text = await withRetries(
    async () => {
      const response = await fetch(page, { headers: { accept: 'application/vnd.pypi.simple.v1+json' } });
      return (await readBody(response, limits.answerBytes, signal)).toString();
    },
    { signal },
  );
  const listing = Listing.safeParse(parseJson(text)).data;
  if (!listing) throw new HubUnreachableError('what answers does not list files in the JSON of PEP 691');
  const fits = (name: string) => name.split('-')[1] === version && /linux.*_x86_64\.whl$/.test(name);
  const found = listing.files.find(({ filename, yanked }) => fits(filename) && !yanked);
  if (!found) throw new HonEvalError('notFound', `${page} has no wheel of ${project} ${version} for Linux on x86-64.`);
  const { filename: name, url, size, hashes } = found;
  if (!size || !hashes.sha256) throw new HubUnreachableError(`it lists ${name} without its size and its sha256`);
  return { name, url: new URL(url, page).href, size, sha256: hashes.sha256 };
}

async function download(wheel: Wheel, target: string, fetch: Fetch, request: ProviderRequest): Promise<void> {
  const { signal = new AbortController().signal, onProgress } = request;
  const file = { path: wheel.name, size: wheel.size, blob: wheel.sha256, hash: 'sha256' as const };
  let loaded = 0;
  const onBytes = (bytes: number) => {
    loaded += bytes;
    onProgress?.({ repo: wheel.name, loaded, total: wheel.size });
  };
  await downloadBlob({ file, url: wheel.url, target, fetch, onBytes, signal });
}

async function extract(archive: string, folder: string, signal?: AbortSignal): Promise<FetchedProvider['files']> {
  const zip = await openPromise(archive, { autoClose: false, lazyEntries: true });
  const pending = new PendingFiles();
  try {
    const files = await writeLibraries(zip, pending, folder, signal);
    await pending.publish();
    return files;
  } catch (error) {
    await pending.discard();
    throw error;
  } finally {
    zip.close();
  }
}

/** Opened by whoever reads it: a stream that fails before anybody listens ends the process. */
async function* contentOf(zip: ZipFile, entry: Entry): AsyncGenerator<Buffer> {
  yield* await zip.openReadStreamPromise(entry);
}

async function writeLibraries(zip: ZipFile, pending: PendingFiles, folder: string, signal?: AbortSignal) {
  const files: FetchedProvider['files'] = [];
  for await (const entry of zip.eachEntry()) {
    const library = cudaLibraries.find((name) => entry.fileName === `onnxruntime/capi/${name}`);
    if (!library) continue;
    const path = join(folder, library);
    await pending.write(path, contentOf(zip, entry), signal);
    files.push({ path, bytes: entry.uncompressedSize });
  }
  if (files.length < cudaLibraries.length) throw new Error(`the wheel lacks ${cudaLibraries.join(' or ')}`);
  return files;
}

function explain(error: unknown, what: string, index: string, folder: string): unknown {
  if (error instanceof HonEvalError) return error;
  const fail = (kind: 'network' | 'output', message: string) => new HonEvalError(kind, message, { cause: error });
  if (isSystemError(error))
    return fail('output', `Cannot write to ${folder}: ${error.message}. Run this as the user who installed hon-eval.`);
  const why = error instanceof HubResponseError ? `it answers ${error.status}` : reason(error);
  const advice = 'check the network, and PIP_INDEX_URL, which names a package index';
  return fail('network', `Cannot fetch ${what} from ${index}: ${why}; ${advice}.`);
}
