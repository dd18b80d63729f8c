import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { downloadSnapshot } from '../../src/hub/download.ts';
import type { DownloadProgress, SnapshotRequest } from '../../src/hub/types.ts';
import { stubHub } from './environment.ts';
import { type HubServer, startHub } from './hub_server.ts';
import { gitOid } from './hub_storage.ts';

const weights = randomBytes(300_000);
const commitA = 'a'.repeat(40);
const everything = () => true;
const model: SnapshotRequest = { type: 'model', repo: 'lab/model', select: everything };

let hub: HubServer;
let cache: string;

beforeEach(async () => {
  cache = mkdtempSync(join(tmpdir(), 'hub-cache-'));
  hub = await startHub({
    pageSize: 2,
    tokens: ['hf_good', 'not-prefixed'],
    repositories: {
      'models/lab/model': {
        revisions: {
          main: {
            'config.json': '{"v":1}',
            'empty.txt': '',
            'model.safetensors': weights,
            'sub/a b#c%.txt': 'odd name',
          },
          'step/10': { 'config.json': '{"v":10}' },
        },
      },
      'models/lab/gated': { gated: true, revisions: { main: { 'config.json': '{}' } } },
      'models/lab/private': { private: true, revisions: { main: { 'config.json': '{}' } } },
      'datasets/lab/rows': { revisions: { main: { 'x/test-00000-of-00001.jsonl': '{"q":1}\n' } } },
    },
  });
  stubHub(`${hub.url}/`, cache);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await hub.close();
  await rm(cache, { recursive: true });
});

const repositoryFolder = () => join(cache, 'hub', 'models--lab--model');
const leftovers = (folder = cache) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /incomplete|tmp$/.test(name));

describe('a download', () => {
  it('writes the standard layout: blobs by hash, links in the snapshot, the ref, the listing', async () => {
    const snapshot = await downloadSnapshot(model);
    const commit = hub.commit('models/lab/model');
    expect(snapshot.commit).toBe(commit);
    expect(snapshot.folder).toBe(join(repositoryFolder(), 'snapshots', commit));
    expect(snapshot.files).toEqual(['config.json', 'empty.txt', 'model.safetensors', 'sub/a b#c%.txt']);
    expect(readFileSync(join(snapshot.folder, 'model.safetensors')).equals(weights)).toBe(true);
    expect(readFileSync(join(snapshot.folder, 'sub/a b#c%.txt'), 'utf8')).toBe('odd name');
    expect(readFileSync(join(snapshot.folder, 'empty.txt'), 'utf8')).toBe('');
    expect(readFileSync(join(repositoryFolder(), 'refs/main'), 'utf8')).toBe(commit);
    const sha256 = createHash('sha256').update(weights).digest('hex');
    const names = [sha256, ...['{"v":1}', '', 'odd name'].map((text) => gitOid(Buffer.from(text)))];
    expect(readdirSync(join(repositoryFolder(), 'blobs')).sort()).toEqual(names.sort());
    expect(lstatSync(join(snapshot.folder, 'sub/a b#c%.txt')).isSymbolicLink()).toBe(true);
    const tree = JSON.parse(readFileSync(join(repositoryFolder(), 'trees', `${commit}.json`), 'utf8'));
    expect(tree.files['model.safetensors']).toMatchObject({ size: weights.length, lfs_sha256: sha256 });
  });

  it('fetches only what is selected, and only what is not there yet', async () => {
    await downloadSnapshot({ ...model, select: (path) => path === 'config.json' });
    expect(hub.requests.filter(({ path }) => path.includes('/resolve/'))).toHaveLength(1);
    hub.requests.length = 0;
    await downloadSnapshot(model);
    const paths = hub.requests.map(({ path }) => path);
    expect(paths.filter((path) => path.includes('/tree/'))).toEqual([]);
    expect(paths.filter((path) => path.includes('config.json'))).toEqual([]);
    expect(paths.filter((path) => path.includes('/resolve/'))).toHaveLength(2);
  });

  it('shares blobs between revisions', async () => {
    const main = hub.options.repositories['models/lab/model'].revisions.main as Record<string, string>;
    await downloadSnapshot(model);
    hub.options.repositories['models/lab/model'].revisions.main = { ...main, 'config.json': '{"v":2}' };
    hub.requests.length = 0;
    const snapshot = await downloadSnapshot(model);
    expect(readFileSync(join(snapshot.folder, 'config.json'), 'utf8')).toBe('{"v":2}');
    expect(hub.requests.filter(({ path }) => /resolve|storage/.test(path))).toHaveLength(1);
  });

  it('reads revisions with slashes, commits and data sets', async () => {
    const step = await downloadSnapshot({ ...model, revision: 'step/10' });
    expect(readFileSync(join(repositoryFolder(), 'refs/step/10'), 'utf8')).toBe(step.commit);
    const byCommit = await downloadSnapshot({ ...model, revision: step.commit });
    expect(byCommit).toEqual(step);
    const rows = await downloadSnapshot({ type: 'dataset', repo: 'lab/rows', select: everything });
    expect(rows.folder).toContain('datasets--lab--rows');
    expect(rows.files).toEqual(['x/test-00000-of-00001.jsonl']);
  });

  it('counts the bytes, those of the cache included', async () => {
    await downloadSnapshot({ ...model, select: (path) => path === 'config.json' });
    const seen: DownloadProgress[] = [];
    await downloadSnapshot({ ...model, onProgress: (progress) => seen.push(progress) });
    const total = weights.length + 7 + 8;
    expect(seen[0].loaded).toBeGreaterThan(7);
    expect(seen.at(-1)).toEqual({ repo: 'lab/model', loaded: total, total });
    expect(seen.every(({ loaded }, i) => i === 0 || loaded > seen[i - 1].loaded)).toBe(true);
  });

  it('sends the token to the hub and not to the storage, whatever the token looks like', async () => {
    vi.stubEnv('HF_TOKEN', ' not-prefixed\n');
    await downloadSnapshot(model);
    const storage = hub.requests.filter(({ path }) => path.startsWith('/storage/'));
    expect(storage).toHaveLength(1);
    expect(storage[0].headers.authorization).toBeUndefined();
    expect(storage[0].headers['accept-encoding']).toBe('identity');
    const others = hub.requests.filter(({ path }) => !path.startsWith('/storage/'));
    expect(others.every(({ headers }) => headers.authorization === 'Bearer not-prefixed')).toBe(true);
  });

  it('takes the token from the token file', async () => {
    writeFileSync(join(cache, 'token'), 'hf_good\n');
    const snapshot = await downloadSnapshot({ ...model, repo: 'lab/private' });
    expect(snapshot.files).toEqual(['config.json']);
  });

  it('replaces a file whose size is not the listed one', async () => {
    const { folder } = await downloadSnapshot(model);
    const sha256 = createHash('sha256').update(weights).digest('hex');
    writeFileSync(join(repositoryFolder(), 'blobs', sha256), 'cut off');
    await downloadSnapshot(model);
    expect(readFileSync(join(folder, 'model.safetensors')).equals(weights)).toBe(true);
  });
});

describe('a broken connection', () => {
  it('is taken up where it broke', async () => {
    let breaks = 2;
    hub.fault = ({ path }) => (path.startsWith('/storage/') && breaks-- > 0 ? { afterBytes: 100_000 } : undefined);
    const seen: number[] = [];
    const snapshot = await downloadSnapshot({ ...model, onProgress: ({ loaded }) => seen.push(loaded) });
    expect(readFileSync(join(snapshot.folder, 'model.safetensors')).equals(weights)).toBe(true);
    const ranges = hub.requests.filter(({ path }) => path.startsWith('/storage/')).map(({ headers }) => headers.range);
    expect(ranges).toEqual([undefined, 'bytes=100000-', 'bytes=200000-']);
    expect(seen.at(-1)).toBe(weights.length + 7 + 8);
  });

  it('leaves no half file behind when it cannot be mended', async () => {
    hub.fault = ({ path }) => (path.startsWith('/storage/') ? { status: 416 } : undefined);
    await expect(downloadSnapshot(model)).rejects.toMatchObject({ kind: 'network' });
    expect(leftovers()).toEqual([]);
    expect(existsSync(join(repositoryFolder(), 'snapshots', hub.commit('models/lab/model'), 'model.safetensors'))).toBe(
      false,
    );
  });

  it('is told from content that is not the listed one', async () => {
    const other = Buffer.from(weights);
    other[7] ^= 1;
    hub.fault = ({ path }) => (path.startsWith('/storage/') ? { status: 200, body: other } : undefined);
    await expect(downloadSnapshot(model)).rejects.toThrow(/what came as model\.safetensors is not what is listed/);
    expect(leftovers()).toEqual([]);
  });

  it('stops with the signal, without a half file', async () => {
    const stop = new AbortController();
    hub.fault = ({ path }) => (path.startsWith('/storage/') ? 'hang' : undefined);
    const pending = downloadSnapshot({ ...model, signal: stop.signal });
    await vi.waitFor(() => expect(leftovers()).toHaveLength(1));
    stop.abort();
    await expect(pending).rejects.toMatchObject({ kind: 'interrupted' });
    expect(leftovers()).toEqual([]);
  });
});

describe('without the hub', () => {
  it.each([
    ['unreachable', 'disconnect' as const],
    ['failing', { status: 503 }],
    ['behind a login page', { status: 200, body: '<html>' }],
  ])('uses the cache, with a notice, when the hub is %s', async (_, fault) => {
    const online = await downloadSnapshot(model);
    hub.fault = () => fault;
    const notices: string[] = [];
    const snapshot = await downloadSnapshot({ ...model, onNotice: (message) => notices.push(message) });
    expect(snapshot).toMatchObject(online);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch(
      /^Cannot download the model lab\/model: .* Using the copy in the cache \(commit \w{7}\)\.$/,
    );
    expect(notices[0]).not.toContain('\n');
    await expect(downloadSnapshot({ ...model, repo: 'lab/other' })).rejects.toMatchObject({ kind: 'network' });
  });

  it('makes no request for a commit that is all there', async () => {
    const { commit } = await downloadSnapshot(model);
    hub.requests.length = 0;
    await downloadSnapshot({ ...model, revision: commit });
    expect(hub.requests).toEqual([]);
  });

  it('does not take part of a snapshot for the whole, but for optional files', async () => {
    await downloadSnapshot({ ...model, select: (path) => path !== 'empty.txt' });
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    const failure = downloadSnapshot(model);
    await expect(failure).rejects.toMatchObject({ kind: 'network' });
    await expect(failure).rejects.toThrow(/HF_HUB_OFFLINE is set, and the cache .* lacks empty\.txt of the model/);
    const snapshot = await downloadSnapshot({ ...model, optional: (path) => path === 'empty.txt' });
    expect(snapshot.files).toEqual(['config.json', 'model.safetensors', 'sub/a b#c%.txt']);
  });

  it('says what is missing from an empty cache', async () => {
    vi.stubEnv('HF_HUB_OFFLINE', 'true');
    const failure = downloadSnapshot({ ...model, revision: 'step/10' });
    await expect(failure).rejects.toMatchObject({ kind: 'network' });
    await expect(failure).rejects.toThrow(
      /does not have the model lab\/model at revision step\/10: run once without it/,
    );
    expect(hub.requests).toEqual([]);
  });
});

describe("a cache in the layout of Python's huggingface_hub", () => {
  function build(files: Record<string, string>, repository = 'models--lab--model'): void {
    const root = join(cache, 'hub', repository);
    for (const folder of ['blobs', 'refs', `snapshots/${commitA}`]) mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, 'refs/main'), commitA);
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(root, 'blobs', gitOid(Buffer.from(text))), text);
      symlinkSync(`../../blobs/${gitOid(Buffer.from(text))}`, join(root, 'snapshots', commitA, name));
    }
  }

  it('is read offline, by branch and by commit', async () => {
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    build({ 'config.json': '{}', 'b.txt': 'b' });
    const snapshot = await downloadSnapshot(model);
    expect(snapshot).toMatchObject({ commit: commitA, files: ['b.txt', 'config.json'] });
    expect(readFileSync(join(snapshot.folder, 'config.json'), 'utf8')).toBe('{}');
    expect(await downloadSnapshot({ ...model, revision: commitA })).toEqual(snapshot);
  });

  it('does not pass for whole where a shard or a blob is gone', async () => {
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    build({ 'test-00001-of-00002.parquet': 'rows' }, 'datasets--lab--rows');
    const rows: SnapshotRequest = { type: 'dataset', repo: 'lab/rows', select: everything };
    await expect(downloadSnapshot(rows)).rejects.toMatchObject({ kind: 'network' });
    build({ 'test-00000-of-00002.parquet': 'more' }, 'datasets--lab--rows');
    expect((await downloadSnapshot(rows)).files).toHaveLength(2);
    await rm(join(cache, 'hub', 'datasets--lab--rows', 'blobs', gitOid(Buffer.from('more'))));
    await expect(downloadSnapshot(rows)).rejects.toMatchObject({ kind: 'network' });
  });
});

describe('a refusal', () => {
  const failure = (request: Partial<SnapshotRequest>) => downloadSnapshot({ ...model, ...request });

  it('names a repository that does not exist, or is private', async () => {
    await expect(failure({ repo: 'lab/nothing' })).rejects.toMatchObject({
      kind: 'notFound',
      message:
        'The hub has no model lab/nothing, or it is private: check the name, and if it is private, set HF_TOKEN ' +
        '(without a token the hub answers alike for both).',
    });
    vi.stubEnv('HF_TOKEN', 'hf_good');
    await expect(failure({ repo: 'lab/nothing' })).rejects.toMatchObject({ kind: 'notFound' });
  });

  it('names a revision that does not exist, even where the cache has another', async () => {
    await downloadSnapshot(model);
    const request = failure({ revision: 'v9' });
    await expect(request).rejects.toMatchObject({ kind: 'notFound' });
    await expect(request).rejects.toThrow('no branch, tag or commit "v9"');
  });

  it('of a gated repository says where to ask for access', async () => {
    const anonymous = failure({ repo: 'lab/gated' });
    await expect(anonymous).rejects.toMatchObject({ kind: 'accessDenied' });
    await expect(anonymous).rejects.toThrow(`ask for access at ${hub.url}/lab/gated and set HF_TOKEN`);
    vi.stubEnv('HF_TOKEN', 'hf_other');
    await expect(failure({ repo: 'lab/gated' })).rejects.toThrow("The token's account has no access to");
    vi.stubEnv('HF_TOKEN', 'hf_good');
    expect((await failure({ repo: 'lab/gated' })).files).toEqual(['config.json']);
  });

  it.each(['../up', 'a/b/c', 'a//b', '', 'a/..', 'lab/x--y'])(
    'of the name "%s" comes before any request',
    async (repo) => {
      await expect(failure({ repo })).rejects.toMatchObject({ kind: 'usage' });
      expect(hub.requests).toEqual([]);
    },
  );

  it.each(['../../x', '/etc', 'a b', '', 'a\\b'])('of the revision "%s" comes before any request', async (revision) => {
    await expect(failure({ revision })).rejects.toMatchObject({ kind: 'usage' });
    expect(hub.requests).toEqual([]);
  });

  it('meets a listing that would write outside the cache', async () => {
    hub.options.repositories['models/lab/model'].revisions.main = { '../../../../evil.txt': 'x' };
    await expect(downloadSnapshot(model)).rejects.toMatchObject({ kind: 'network' });
    expect(existsSync(join(cache, 'evil.txt'))).toBe(false);
  });
});
