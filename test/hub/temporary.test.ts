import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { downloadSnapshot } from '../../src/hub/download.ts';
import { RevisionUse } from '../../src/hub/temporary.ts';
import { stubHub } from './environment.ts';
import { type HubServer, startHub } from './hub_server.ts';

const steps = ['step1', 'step2', 'step3', 'step4'];
/** Of a revision's own weights, and of what all of them have. */
const [own, shared] = [100_000, 10_000];
const tokenizer = randomBytes(shared);

let hub: HubServer;
let cache: string;

beforeEach(async () => {
  cache = mkdtempSync(join(tmpdir(), 'hub-cache-'));
  const revisions = steps.map((step) => [step, { 'tokenizer.json': tokenizer, 'model.safetensors': randomBytes(own) }]);
  hub = await startHub({ repositories: { 'models/lab/run': { revisions: Object.fromEntries(revisions) } } });
  stubHub(hub.url, cache);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await hub.close();
  await rm(cache, { recursive: true });
});

const repository = () => join(cache, 'hub', 'models--lab--run');
const marks = () => join(repository(), 'hon-eval');
const mark = (step: string) => join(marks(), hub.commit('models/lab/run', step));
const blobs = () => readdirSync(join(repository(), 'blobs'));

/** The revisions whose files are all there. */
function present(): string[] {
  const whole = (step: string) =>
    ['tokenizer.json', 'model.safetensors'].every((file) =>
      existsSync(join(repository(), 'snapshots', hub.commit('models/lab/run', step), file)),
    );
  return steps.filter(whole);
}

const notices: string[] = [];

async function download(step: string, budget?: number, signal?: AbortSignal): Promise<RevisionUse> {
  const use = new RevisionUse(budget);
  const request = { type: 'model', repo: 'lab/run', revision: step, select: () => true, signal } as const;
  try {
    await downloadSnapshot({ ...request, use, onNotice: (notice) => notices.push(notice) });
    return use;
  } catch (error) {
    use.release();
    throw error;
  }
}

/** Uses a revision; `age` is for how many seconds that has been over. */
async function visit(step: string, budget: number, age: number): Promise<void> {
  (await download(step, budget)).release();
  const then = Date.now() / 1000 - age;
  utimesSync(mark(step), then, then);
}

test('what was used longest ago goes where room is needed, with all that no other revision has', async () => {
  const budget = 2 * own + shared;
  await visit('step1', budget, 300);
  await visit('step2', budget, 200);
  expect(present()).toEqual(['step1', 'step2']);
  await visit('step1', budget, 100);
  await visit('step3', budget, 50);
  expect(present()).toEqual(['step1', 'step3']);
  expect(blobs()).toHaveLength(3);
  expect(readdirSync(join(repository(), 'refs')).sort()).toEqual(['step1', 'step3']);
  expect(readdirSync(marks()).sort()).toEqual([...['step1', 'step3'].map((step) => mark(step).slice(-40))].sort());
  // It comes again when it is asked for.
  await visit('step2', budget, 0);
  expect(present()).toEqual(['step2', 'step3']);
});

test('what was downloaded to stay, or before, is never removed, and does not count', async () => {
  (await download('step1')).release();
  (await download('step1', own)).release();
  await visit('step2', own + shared, 200);
  await visit('step3', own + shared, 100);
  expect(present()).toEqual(['step1', 'step3']);
});

test('what is being used stays, by whichever process, and others wait for it', async () => {
  const budget = own + shared;
  const first = await download('step1', budget);
  let waits = true;
  const second = download('step2', budget).finally(() => {
    waits = false;
  });
  await vi.waitFor(() => expect(notices.at(-1)).toMatch(/^Waiting until there is room on disk \(--disk\) for /));
  await setTimeout(300);
  expect([waits, present()]).toEqual([true, ['step1']]);
  // Another use of the same holds it as well.
  const again = await download('step1');
  first.release();
  await setTimeout(300);
  expect([waits, present()]).toEqual([true, ['step1']]);
  again.release();
  (await second).release();
  expect(present()).toEqual(['step2']);
});

test('waiting ends with an abort, and is not begun where nobody would end it', async () => {
  const stop = new AbortController();
  const first = await download('step1', own + shared);
  const waiting = download('step2', own + shared, stop.signal);
  waiting.catch(() => {});
  await vi.waitFor(() => expect(existsSync(join(mark('step2'), 'waits'))).toBe(true));
  stop.abort();
  await expect(waiting).rejects.toMatchObject({ kind: 'interrupted' });
  first.release();
  await expect(download('step3', own)).rejects.toMatchObject({
    kind: 'usage',
    message: 'Expected --disk to be at least 1 MB, which the revisions take that are used at the same time, got 1 MB.',
  });
});

test('a dead process uses nothing, and what it was removing is removed by the next', async () => {
  const budget = own + shared;
  await visit('step1', budget, 300);
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  const lock = { pid, started: '', host: hostname(), since: new Date().toISOString() };
  writeFileSync(join(mark('step1'), 'dead.lock'), JSON.stringify(lock));
  await visit('step2', budget, 200);
  expect(present()).toEqual(['step2']);

  // Killed once it had taken the mark and the weights away.
  renameSync(mark('step2'), `${mark('step2')}.leaving`);
  for (const blob of blobs())
    renameSync(join(repository(), 'blobs', blob), join(repository(), 'blobs', `${blob}.leaving`));
  await visit('step2', budget, 100);
  expect(present()).toEqual(['step2']);
  expect(blobs()).toHaveLength(2);
  expect(readdirSync(marks())).toEqual([mark('step2').slice(-40)]);
});

test('a revision that another program has made of the same files keeps them', async () => {
  await visit('step1', own + shared, 300);
  const [commit] = readdirSync(join(repository(), 'snapshots'));
  const other = join(repository(), 'snapshots', 'a'.repeat(40));
  mkdirSync(other);
  const names = readdirSync(join(repository(), 'snapshots', commit));
  for (const name of names)
    cpSync(join(repository(), 'snapshots', commit, name), join(other, name), { verbatimSymlinks: true });
  await visit('step2', own + shared, 200);
  expect(present()).toEqual(['step2']);
  expect(names.every((name) => existsSync(join(other, name)))).toBe(true);
});
