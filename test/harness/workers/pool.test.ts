import { afterEach, expect, test } from 'vitest';
import type { Checkpoint } from '../../../src/checkpoint/types.ts';
import { WorkerPool } from '../../../src/harness/workers/pool.ts';

const script = new URL('./mortal_worker.ts', import.meta.url);
const notices: string[] = [];
let pool: WorkerPool;
afterEach(() => pool.close());

function openPool(size: number, signal?: AbortSignal): void {
  notices.length = 0;
  const places = Array.from({ length: size }, () => ({ device: 'cpu', threads: 1 }));
  const notice = (message: string) => void notices.push(message);
  pool = new WorkerPool(places, { backend: 'b', device: 'cpu', dtype: 'float32', threads: 8, signal, notice, script });
}

function work(config: object = {}, remaining = 1) {
  const checkpoint = { name: 'm', config, tensors: new Map() } as unknown as Checkpoint;
  return { checkpoint, remaining: () => remaining };
}

function errand(token: number, order = 0) {
  const none = new Int32Array();
  const batch = { rows: 1, columns: 1, positions: none, ends: none, headRows: none, targetRows: none, targets: none };
  return { batch: { ...batch, ids: Int32Array.of(token) }, order, documents: `document ${token} of piqa` };
}

test('a batch that ends three processes is named, and the others are scored', async () => {
  openPool(2);
  const model = await pool.open(work());
  expect(model).toMatchObject({ width: 2, info: { device: 'cpu', threads: 8 } });
  const scores = await Promise.allSettled([11, 12, 13, 14, 15].map((token) => model.score(errand(token))));
  expect(scores.map((score) => (score.status === 'fulfilled' ? score.value.logProbs[0] : score.reason))).toEqual([
    11,
    12,
    expect.objectContaining({
      kind: 'worker',
      message: expect.stringMatching(/ended 3 times while it scored document 13 of piqa, the last time by SIGKILL;/),
    }),
    14,
    15,
  ]);
  expect(notices).toEqual(
    Array(2).fill('A worker on cpu has ended (SIGKILL); it is started again for document 13 of piqa.'),
  );
});

test('a model that ends three processes is named, and others are opened', async () => {
  openPool(1);
  const fatal = pool.open(work({ fatal: true }));
  await expect(fatal).rejects.toMatchObject({ kind: 'worker', message: expect.stringContaining('while it loaded m') });
  const model = await pool.open(work());
  expect((await model.score(errand(1))).logProbs[0]).toBe(1);
});

test('a process stays with its model until that is closed, and then goes where most is left', async () => {
  openPool(2);
  pool.models = 2;
  const [small, large] = await Promise.all([pool.open(work({}, 1)), pool.open(work({}, 10))]);
  const worker = async (model: typeof small) => (await model.score(errand(1))).logProbs[1];
  const own = await worker(small);
  expect([await worker(small), await worker(large)]).toEqual([own, expect.not.toSatisfy((pid) => pid === own)]);
  await small.close();
  pool.models = 1;
  const workers = new Set<number>();
  while (workers.size < 2) for (const pid of await Promise.all([worker(large), worker(large)])) workers.add(pid);
  expect(workers).toContain(own);
});

test('a process that is ended with the pool, while it loads a model, is nothing to tell of', async () => {
  openPool(2);
  await pool.open(work());
  await pool.close();
  expect(notices).toEqual([]);
});

test('batches of the first benchmark are scored first', async () => {
  openPool(1);
  const model = await pool.open(work());
  const done: number[] = [];
  const score = (token: number, order: number) => model.score(errand(token, order)).then(() => done.push(token));
  await Promise.all([score(1, 1), score(2, 1), score(3, 0), score(4, 1), score(5, 0)]);
  // The first is under way when the others come.
  expect(done).toEqual([1, 3, 5, 2, 4]);
});

test('an abort lets what is under way be finished, and begins nothing', async () => {
  const stop = new AbortController();
  openPool(1, stop.signal);
  const model = await pool.open(work());
  const scores = [1, 2, 3].map((token) => model.score(errand(token)));
  stop.abort(new Error('enough'));
  const settled = await Promise.allSettled(scores);
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
  await expect(model.score(errand(4))).rejects.toThrow('enough');
  await expect(pool.open(work())).rejects.toThrow('enough');
});
