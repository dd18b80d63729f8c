/** A hub, or a way to it, that does not do what it should. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { checkCache } from '../../src/hub/check.ts';
import { downloadSnapshot } from '../../src/hub/download.ts';
import { readHubSettings } from '../../src/hub/settings.ts';
import type { SnapshotRequest } from '../../src/hub/types.ts';
import { stubHub } from './environment.ts';
import { type HubFault, type HubRequest, type HubServer, startHub } from './hub_server.ts';

vi.mock('../../src/hub/limits.ts', () => ({
  limits: {
    pauses: [5, 10, 20],
    longestPause: 2_000,
    stall: 300,
    answerBytes: 100_000,
    listingPages: 4,
    restarts: 3,
  },
}));

const weights = randomBytes(300_000);
const model: SnapshotRequest = { type: 'model', repo: 'lab/model', select: () => true };

let hub: HubServer;
/** Another host, which is asked only by mistake or where the hub sends us there. */
let stranger: HubServer;
let cache: string;
let notices: string[];

beforeEach(async () => {
  cache = mkdtempSync(join(tmpdir(), 'hub-faults-'));
  hub = await startHub({
    tokens: ['hf_secret'],
    repositories: {
      'models/lab/model': { revisions: { main: { 'config.json': '{"v":1}', 'model.safetensors': weights } } },
    },
  });
  stranger = await startHub({ repositories: hub.options.repositories });
  notices = [];
  stubHub(hub.url, cache);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all([hub.close(), stranger.close()]);
  rmSync(cache, { recursive: true });
});

const download = () => downloadSnapshot({ ...model, onNotice: (message) => notices.push(message) });

async function expectWhole(pending = download()): Promise<void> {
  const { folder } = await pending;
  expect(readFileSync(join(folder, 'model.safetensors')).equals(weights)).toBe(true);
  expect(readFileSync(join(folder, 'config.json'), 'utf8')).toBe('{"v":1}');
}

const isStorage = ({ path }: HubRequest) => path.startsWith('/storage/');
const isQuestion = ({ path }: HubRequest) => path.startsWith('/api/');

/** Has the first requests of a kind go wrong in turn. */
function fail(kind: (request: HubRequest) => boolean, ...faults: HubFault[]): void {
  hub.fault = (request) => (kind(request) ? faults.shift() : undefined);
}

const ranges = () => hub.requests.filter(isStorage).map(({ headers }) => headers.range);

describe('what may pass is asked again', () => {
  const passing: [string, HubFault][] = [
    ['500', { status: 500 }],
    ['502', { status: 502, body: '<html>' }],
    ['429', { status: 429 }],
    ['503 with a date', { status: 503, headers: { 'retry-after': new Date(Date.now() - 1000).toUTCString() } }],
    ['a reset', 'disconnect'],
  ];

  it.each(passing)('a question: %s', async (_, fault) => {
    fail(isQuestion, fault, fault);
    await expectWhole();
  });

  it.each(passing)('a file: %s', async (_, fault) => {
    fail(isStorage, fault, fault);
    await expectWhole();
  });

  it('but not for ever', async () => {
    hub.fault = () => ({ status: 500 });
    await expect(download()).rejects.toMatchObject({ kind: 'network' });
    expect(hub.requests).toHaveLength(4);
  });

  it('nor where nobody is there', async () => {
    await hub.close();
    const before = performance.now();
    await expect(download()).rejects.toThrow(/cannot be reached \(ECONNREFUSED\)/);
    expect(performance.now() - before).toBeLessThan(5_000);
    await hub.listen();
  });

  it('nor what is refused', async () => {
    fail(isQuestion, { status: 403 });
    await expect(download()).rejects.toMatchObject({ kind: 'accessDenied' });
    expect(hub.requests).toHaveLength(1);
  });
});

describe('Retry-After', () => {
  it.each([429, 503])('of a %i is waited for, and told', async (status) => {
    fail(isQuestion, { status, headers: { 'retry-after': 1 } });
    const times: number[] = [];
    const { fault } = hub;
    hub.fault = (request) => {
      times.push(performance.now());
      return fault(request);
    };
    await expectWhole();
    // Timers may be a little early.
    expect(times[1] - times[0]).toBeGreaterThan(950);
    expect(notices).toEqual(['The hub is busy and asks to wait 1 s.']);
  });

  it('that is too long ends the download', async () => {
    fail(isQuestion, { status: 429, headers: { 'retry-after': 3600 } });
    await expect(download()).rejects.toThrow('the hub answered 429 and asks to wait 3600 s; try again then.');
  });

  it('is not waited for where the user stops', async () => {
    const stop = new AbortController();
    hub.fault = () => ({ status: 429, headers: { 'retry-after': 2 } });
    const pending = downloadSnapshot({ ...model, signal: stop.signal, onNotice: () => stop.abort() });
    await expect(pending).rejects.toMatchObject({ kind: 'interrupted' });
  });
});

describe('a stall', () => {
  it('in the middle of a file goes on where it was', async () => {
    fail(isStorage, { afterBytes: 100_000, thenStall: true }, { afterBytes: 50_000, thenStall: true });
    await expectWhole();
    expect(ranges()).toEqual([undefined, 'bytes=100000-', 'bytes=150000-']);
  });

  it('before or within an answer is asked again', async () => {
    fail(isQuestion, 'hang', { afterBytes: 5, thenStall: true });
    await expectWhole();
  });

  it('that does not pass is a failure of the network', async () => {
    hub.fault = () => 'hang';
    await expect(download()).rejects.toThrow(/the connection stalled/);
  });
});

describe('a file that broke off', () => {
  const whole = { status: 200, body: weights };
  it.each<[string, HubFault, (string | undefined)[]]>([
    ['is begun again by a whole answer', whole, [undefined, 'bytes=100000-']],
    ['is begun again after a 416', { status: 416 }, [undefined, 'bytes=100000-', undefined]],
    [
      'is begun again after a wrong part',
      { status: 206, headers: { 'content-range': 'bytes 0-299999/300000' }, body: weights },
      [undefined, 'bytes=100000-', undefined],
    ],
    [
      'is begun again after a part of another file',
      { status: 206, headers: { 'content-range': 'bytes 100000-199999/200000' }, body: weights.subarray(0, 100_000) },
      [undefined, 'bytes=100000-', undefined],
    ],
    ['is begun again after a part of nothing', { status: 206, body: weights }, [undefined, 'bytes=100000-', undefined]],
  ])('%s', async (_, fault, asked) => {
    let requests = 0;
    // As it is, without what the server would do about the range.
    hub.fault = (request) => {
      if (!isStorage(request)) return undefined;
      if (requests++ === 0) return { afterBytes: 100_000 };
      if (requests > 2) return undefined;
      delete request.headers.range;
      return fault;
    };
    const seen: (string | undefined)[] = [];
    const { fault: decide } = hub;
    hub.fault = (request) => {
      if (isStorage(request)) seen.push(request.headers.range);
      return decide(request);
    };
    await expectWhole();
    expect(seen).toEqual(asked);
  });

  it('is given up where the storage never goes on, though each time it gets further', async () => {
    let length = 0;
    hub.fault = (request) => {
      if (!isStorage(request)) return undefined;
      length += 1000;
      return request.headers.range ? { status: 416 } : { afterBytes: length };
    };
    await expect(download()).rejects.toThrow('the storage does not go on where a file broke');
  });
});

describe('answers have bounds', () => {
  it('in the pages of a listing', async () => {
    hub.fault = ({ path }) => {
      if (!path.includes('/tree/')) return undefined;
      const entry = { type: 'file', path: `x${hub.requests.length}`, size: 1, oid: 'a'.repeat(40) };
      return { status: 200, headers: { link: `<${hub.url}${path}>; rel="next"` }, body: JSON.stringify([entry]) };
    };
    await expect(download()).rejects.toThrow(/lists files without an end/);
  });

  it.each([
    ['as they are', JSON.stringify(Array(60_000).fill('x')), {}],
    ['unpacked', gzipSync(' '.repeat(50_000_000)), { 'content-encoding': 'gzip' }],
  ])('in bytes, %s', async (_, body, headers) => {
    hub.fault = (request) => (isQuestion(request) ? { status: 200, headers, body } : undefined);
    await expect(download()).rejects.toThrow(/an answer has more than 100000 bytes/);
  });

  it('below: an empty listing is a failure, and not kept', async () => {
    hub.fault = ({ path }) => (path.includes('/tree/') ? { status: 200, body: '[]' } : undefined);
    await expect(download()).rejects.toThrow(/lists no file of lab\/model/);
    hub.fault = () => undefined;
    await expectWhole();
  });

  it('below: one that an earlier version kept is asked for again', async () => {
    await download();
    const trees = join(cache, 'hub/models--lab--model/trees');
    const [name] = readdirSync(trees);
    writeFileSync(join(trees, name), JSON.stringify({ format_version: 1, files: {} }));
    await expectWhole();
  });
});

describe('the token', () => {
  const seenBy = (server: HubServer) => server.requests.map(({ headers }) => headers.authorization);

  beforeEach(() => {
    vi.stubEnv('HF_TOKEN', 'hf_secret');
  });

  it('is for the hub alone, not for its storage', async () => {
    await expectWhole();
    const [storage, others] = [true, false].map((wanted) => hub.requests.filter((one) => isStorage(one) === wanted));
    expect(storage.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    expect(others.length).toBeGreaterThan(2);
    expect(new Set(others.map(({ headers }) => headers.authorization))).toEqual(new Set(['Bearer hf_secret']));
  });

  it.each([
    ['a question', isQuestion],
    ['a file', ({ path }: HubRequest) => path.includes('/resolve/')],
  ])('stays behind where the hub sends %s elsewhere, and does not come back', async (_, kind) => {
    hub.fault = (request) => {
      if (!kind(request)) return undefined;
      return { status: 307, headers: { location: `${stranger.url}${request.path}` } };
    };
    await expectWhole();
    expect(stranger.requests.length).toBeGreaterThan(0);
    expect(new Set(seenBy(stranger))).toEqual(new Set([undefined]));
  });

  it('stays behind where a listing goes on elsewhere', async () => {
    hub.options.pageSize = 1;
    const { fault } = hub;
    hub.fault = (request) => {
      if (!request.path.includes('/tree/')) return fault(request);
      const entry = { type: 'file', path: 'config.json', size: 7, oid: 'a'.repeat(40) };
      const link = `<${stranger.url}${request.path}>; rel="next"`;
      return { status: 200, headers: { link }, body: JSON.stringify([entry]) };
    };
    await download().catch(() => {});
    expect(stranger.requests.length).toBeGreaterThan(0);
    expect(new Set(seenBy(stranger))).toEqual(new Set([undefined]));
  });
});

describe('HF_ENDPOINT', () => {
  it('proves who asks by its user and password, which are never printed', async () => {
    vi.stubEnv('HF_ENDPOINT', hub.url.replace('//', '//ada:pass%20word@').concat('/?key=hidden'));
    expect(await readHubSettings()).toMatchObject({ endpoint: hub.url });
    await expectWhole();
    const basic = `Basic ${Buffer.from('ada:pass word').toString('base64')}`;
    expect(hub.requests.filter(isQuestion)[0].headers.authorization).toBe(basic);
    hub.fault = () => ({ status: 500 });
    const error = await downloadSnapshot({ ...model, repo: 'lab/other' }).catch((thrown) => thrown);
    expect(JSON.stringify([error.message, error.cause?.message])).not.toMatch(/pass|ada|hidden/);
  });

  it.each(['huggingface.co', 'ftp://ada:secret@x', 'secret'])(
    'that is no address is not printed: %s',
    async (address) => {
      vi.stubEnv('HF_ENDPOINT', address);
      const error = await download().catch((thrown) => thrown);
      expect(error).toMatchObject({ kind: 'usage' });
      expect(error.message).toMatch(/^HF_ENDPOINT is not the address of a server/);
      expect(error.message).not.toContain('secret');
    },
  );

  it('may have a storage whose addresses are signed: they are not printed', async () => {
    hub.fault = (request) => {
      if (!request.path.includes('/resolve/')) return undefined;
      return { status: 302, headers: { location: `${stranger.url}/storage/${'0'.repeat(64)}?X-Signature=hidden` } };
    };
    stranger.fault = () => ({ status: 500 });
    const error = await download().catch((thrown) => thrown);
    expect(error).toMatchObject({ kind: 'network' });
    expect(JSON.stringify([error.message, error.cause?.message])).not.toContain('hidden');
  });
});

describe('the cache', () => {
  it('serves ten downloads that begin at once, each of which can read its files as soon as it is done', async () => {
    await Promise.all(Array.from({ length: 10 }, () => expectWhole()));
    const files = readdirSync(cache, { recursive: true, encoding: 'utf8' });
    expect(files.filter((name) => /incomplete|tmp|link$/.test(name))).toEqual([]);
  });

  const blobOf = (folder: string) => join(folder, 'model.safetensors');

  it.each([
    ['changed later', (path: string) => damage(path, weights.length)],
    ['shorter', (path: string) => writeFileSync(path, weights.subarray(9))],
  ])('mends a file that is %s', async (_, spoil) => {
    const { folder } = await download();
    spoil(blobOf(folder));
    await expectWhole();
    expect(notices).toEqual(["The cache's copy of model.safetensors of lab/model is damaged: it is downloaded again."]);
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    await expectWhole();
    spoil(blobOf(folder));
    await expect(download()).rejects.toThrow(/lacks model\.safetensors/);
  });

  it('believes a file that is only younger than its link once it has looked', async () => {
    const { folder } = await download();
    const later = new Date(Date.now() + 60_000);
    utimesSync(blobOf(folder), later, later);
    hub.requests.length = 0;
    await expectWhole();
    expect(ranges()).toEqual([]);
    expect(notices).toEqual([]);
  });

  it('is read through by its names', async () => {
    const { folder } = await download();
    const root = join(cache, 'hub');
    const read: string[] = [];
    expect(await checkCache(root, (path) => read.push(path))).toMatchObject({ files: 2, size: 300_007, damaged: [] });
    expect(read).toHaveLength(2);
    damage(blobOf(folder), weights.length);
    expect((await checkCache(root)).damaged).toEqual([expect.stringMatching(/blobs[/\\][0-9a-f]{64}$/)]);
    expect(await checkCache(join(cache, 'nowhere'))).toEqual({ files: 0, size: 0, damaged: [] });
  });

  it('is cleared of what dead downloads left, and of nothing else', async () => {
    const { folder } = await download();
    const blobs = join(folder, '../../blobs');
    const [name] = readdirSync(blobs).filter((blob) => blob.length === 64);
    rmSync(join(blobs, name));
    const [old, young] = ['00000000', '11111111'].map((id) => join(blobs, `${name}.${id}.incomplete`));
    for (const path of [old, young]) writeFileSync(path, 'half');
    utimesSync(old, new Date(0), new Date(0));
    await expectWhole();
    expect(statSync(young).size).toBe(4);
    expect(() => statSync(old)).toThrow('ENOENT');
  });
});

/** Other bytes of the same length, written a minute after the file came. */
function damage(path: string, length: number): void {
  writeFileSync(path, Buffer.alloc(length, 1));
  const later = new Date(Date.now() + 60_000);
  utimesSync(path, later, later);
}
