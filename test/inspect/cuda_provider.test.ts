/** The provider's libraries, from a package index of this machine that serves a wheel of a few bytes. */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cudaLibraries } from '../../src/backend/onnx/devices.ts';
import type { HonEvalError } from '../../src/errors.ts';
import { fetchCudaProvider, type ProviderRequest } from '../../src/inspect/cuda_provider.ts';
import { zip } from '../checkpoint/pytorch/files.ts';

const [cuda, shared] = cudaLibraries;
const contents = { [cuda]: Buffer.alloc(70_000, 'cuda'), [shared]: Buffer.from('shared') };
const inWheel = (name: string) => `onnxruntime/capi/${name}`;
const usual = zip({
  'onnxruntime/__init__.py': Buffer.from('pass'),
  // Of the same name, elsewhere.
  [`other/${cuda}`]: Buffer.from('no'),
  ...Object.fromEntries(Object.entries(contents).map(([name, content]) => [inWheel(name), content])),
});

let wheel: Buffer;
let listed: object;
/** Bytes of the wheel after which the first connection breaks. */
let breaksAfter: number | undefined;
let asked: string[];
let folder: string;
let close: () => void;
let request: ProviderRequest;

function file(filename: string, size = wheel.length, sha256 = createHash('sha256').update(wheel).digest('hex')) {
  return { filename, url: `../../files/${filename}`, size, hashes: { sha256 }, yanked: false };
}

const name = (version: string, platform: string) => `onnxruntime_gpu-${version}-cp311-cp311-${platform}.whl`;

beforeEach(async () => {
  wheel = usual;
  breaksAfter = undefined;
  asked = [];
  folder = mkdtempSync(join(tmpdir(), 'hon-eval-provider-'));
  listed = {
    files: [
      file(name('1.2.2', 'manylinux_2_28_x86_64'), 1),
      file(name('1.2.3', 'win_amd64'), 1),
      file(name('1.2.3', 'manylinux_2_34_aarch64'), 1),
      { ...file(name('1.2.3', 'manylinux_2_27_x86_64'), 1), yanked: 'broken' },
      file(name('1.2.3', 'manylinux_2_28_x86_64')),
    ],
  };
  const server = createServer(({ url, headers }, response) => {
    asked.push(`${url} ${headers.authorization} ${headers.range}`);
    if (url === '/simple/onnxruntime-gpu/') return response.end(JSON.stringify(listed));
    const from = Number(/^bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0);
    response.writeHead(from ? 206 : 200, { 'content-range': `bytes ${from}-${wheel.length - 1}/${wheel.length}` });
    if (breaksAfter === undefined) return response.end(wheel.subarray(from));
    response.write(wheel.subarray(0, breaksAfter), () => setTimeout(() => response.destroy(), 20));
    breaksAfter = undefined;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  close = () => server.close().closeAllConnections();
  const address = `http://ada:secret@127.0.0.1:${(server.address() as AddressInfo).port}/simple/`;
  request = { folder, version: '1.2.3', system: 'linux x64', environment: { PIP_INDEX_URL: address } };
});

afterEach(() => {
  close();
  rmSync(folder, { recursive: true });
});

const failure = () =>
  fetchCudaProvider(request).then(
    () => undefined,
    (error: HonEvalError) => error,
  );

test('the libraries come out of the wheel for this system, over a connection that breaks once', async () => {
  breaksAfter = 1_000;
  const loaded: number[] = [];
  const onProgress: ProviderRequest['onProgress'] = (progress) => loaded.push(progress.loaded);
  // What an earlier release left is replaced.
  writeFileSync(join(folder, shared), 'old');
  const fetched = await fetchCudaProvider({ ...request, onProgress });
  expect(fetched.wheel).toMatch(/\/files\/onnxruntime_gpu-1\.2\.3-cp311-cp311-manylinux_2_28_x86_64\.whl$/);
  expect(fetched.files.map(({ bytes }) => bytes).sort()).toEqual([6, 70_000]);
  for (const library of cudaLibraries) expect(readFileSync(join(folder, library)).equals(contents[library])).toBe(true);
  expect(readdirSync(folder).sort()).toEqual([...cudaLibraries].sort());
  expect(loaded.at(-1)).toBe(wheel.length);
  expect(asked.length).toBe(3);
  expect(asked.every((line) => line.includes(' Basic '))).toBe(true);
  expect(asked.at(-1)).toMatch(/bytes=\d+-$/);
});

test.each<[string, () => unknown, string, RegExp]>([
  [
    'another wheel than is listed',
    () => (wheel = Buffer.from(usual).fill(7, 10, 20)),
    'network',
    /is not what is listed/,
  ],
  [
    'a release without a wheel',
    () => (request.version = '9.9.9'),
    'notFound',
    /has no wheel of onnxruntime-gpu 9\.9\.9/,
  ],
  ['a page', () => (listed = []), 'network', /does not list files in the JSON of PEP 691; check.*PIP_INDEX_URL/],
  [
    'another system',
    () => (request.system = 'darwin arm64'),
    'usage',
    /for Linux on x64 only, and this is darwin arm64/,
  ],
  [
    'a folder that cannot be written',
    () => (request.folder = join(folder, 'none')),
    'output',
    /Cannot write to .*none/,
  ],
])('%s is told in a sentence, and leaves nothing behind', async (_, spoil, kind, message) => {
  spoil();
  const error = await failure();
  expect(error).toMatchObject({ name: 'HonEvalError', kind, message: expect.stringMatching(message) });
  expect(error!.message).not.toContain('secret');
  expect(existsSync(folder) && readdirSync(folder)).toEqual([]);
});

test('a wheel without the libraries, or with a damaged one, puts neither in place', async () => {
  const whole = deflateRawSync(contents[cuda]);
  for (const [files, method] of [
    [{ [inWheel(cuda)]: contents[cuda] }, 0],
    // Compressed, and cut short.
    [{ [inWheel(shared)]: deflateRawSync(contents[shared]), [inWheel(cuda)]: whole.subarray(0, 20) }, 8],
  ] as const) {
    wheel = zip(files, method);
    listed = { files: [file(name('1.2.3', 'manylinux_2_28_x86_64'))] };
    expect(await failure()).toMatchObject({ kind: 'network' });
    expect(readdirSync(folder)).toEqual([]);
  }
});
