import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cacheUse, hubAccess } from '../../src/hub/access.ts';
import type { HubSettings } from '../../src/hub/settings.ts';
import { type HubServer, type Reply, startHub } from './hub_server.ts';

let hub: HubServer;
beforeAll(async () => {
  hub = await startHub({ repositories: {} });
});
afterAll(() => hub.close());
beforeEach(() => {
  hub.requests.length = 0;
});

/** What becomes of the question at a hub that gives this answer. */
async function ask(answer: Reply | 'disconnect', settings: Partial<HubSettings> = {}) {
  hub.fault = () => answer;
  const { endpoint, ...access } = await hubAccess({ endpoint: hub.url, cacheFolder: '/', offline: false, ...settings });
  return access;
}

describe('hubAccess', () => {
  const person: Reply = { status: 200, body: '{"name": "ada"}' };

  test('names whose token it is', async () => {
    expect(await ask(person, { token: 'hf_x' })).toEqual({ state: 'reachable', token: 'accepted', user: 'ada' });
    const [{ path, headers }] = hub.requests;
    expect([path, headers.authorization]).toEqual(['/api/whoami-v2', 'Bearer hf_x']);
  });

  test.each<[string, Reply | 'disconnect', string | undefined, object]>([
    ['refuses a token', { status: 401 }, 'hf_x', { state: 'reachable', token: 'refused' }],
    ['refuses whoever has none', { status: 401 }, undefined, { state: 'reachable', token: 'none' }],
    ['does not know the question', { status: 404 }, 'hf_x', { state: 'reachable', token: 'unchecked' }],
    ['is out of order', { status: 503 }, 'hf_x', { state: 'unreachable', problem: 'answers 503', token: 'unchecked' }],
    [
      'is no hub',
      { status: 200, body: '<html>' },
      undefined,
      { state: 'unreachable', problem: 'does not answer as the hub does', token: 'none' },
    ],
    [
      'hangs up',
      'disconnect',
      undefined,
      { state: 'unreachable', problem: expect.stringMatching(/^cannot be reached \(.+\)$/), token: 'none' },
    ],
  ])('a hub that %s', async (_, answer, token, expected) => {
    expect(await ask(answer, { token })).toEqual(expected);
  });

  test('asks nobody where it must not', async () => {
    expect(await ask(person, { offline: true, token: 'hf_x' })).toEqual({ state: 'offline', token: 'unchecked' });
    expect(hub.requests).toEqual([]);
  });
});

describe('cacheUse', () => {
  test('counts repositories and the bytes of their files', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hub-cache-'));
    for (const [name, size] of [
      ['models--a--b', 1000],
      ['models--c--d', 20],
      ['datasets--e--f', 3],
    ] as const) {
      mkdirSync(join(folder, name, 'blobs'), { recursive: true });
      writeFileSync(join(folder, name, 'blobs', 'x'), Buffer.alloc(size));
    }
    const { free, ...rest } = await cacheUse(folder);
    expect(rest).toEqual({ folder, models: 2, datasets: 1, size: 1023 });
    expect(free).toBeGreaterThan(0);
    rmSync(folder, { recursive: true });
  });

  test('is empty where there is none yet', async () => {
    const folder = join(tmpdir(), 'nowhere', 'hub');
    expect(await cacheUse(folder)).toMatchObject({ models: 0, datasets: 0, size: 0, free: expect.any(Number) });
  });
});
