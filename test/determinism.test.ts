import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunListener } from '../src/harness/open_run.ts';
import type { TaskRecord } from '../src/harness/record/run_record.ts';
import type { RunOptions } from '../src/harness/score/model_scoring.ts';
import { run } from '../src/harness/score/score_run.ts';
import { prepareVictim } from './torture/torture.ts';

/** More than two parts of 256 documents. */
const rows = 600;
/** What docs/determinism.md states of batches of other sizes, for log-likelihoods of some tens. */
const bound = 1e-4;

const folder = mkdtempSync(join(tmpdir(), 'hon-eval-determinism-'));
let runs = 0;
beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  prepareVictim('run', folder, rows);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The log-likelihoods of a benchmark, document by document. */
async function score(
  changes: Partial<RunOptions>,
  listener: Partial<RunListener> = {},
): Promise<Map<string, number[][]>> {
  const journalFolder = join(folder, `journal-${runs++}`);
  const silent = { notice() {}, download() {}, found() {}, progress() {} };
  const failed = (_model: string, _task: unknown, error: Error) => {
    throw error;
  };
  const options: RunOptions = {
    models: [join(folder, 'model')],
    tasks: ['piqa'],
    data: join(folder, 'rows'),
    backend: 'onnx',
    device: 'cpu',
    dtype: 'float32',
    command: [],
    journalFolder: () => journalFolder,
    ...changes,
  };
  let tasks: TaskRecord[] = [];
  for await (const { record } of run(options, { ...silent, failed, ...listener })) tasks = record.tasks;
  const values = ({ documents }: TaskRecord) => documents.map(({ scores }) => scores.map((each) => each.logLikelihood));
  return new Map(tasks.map((task) => [task.task.name, values(task)]));
}

let whole: number[][];
beforeAll(async () => {
  whole = (await score({ threads: 1 })).get('piqa')!;
});

describe('a score has the same bits', () => {
  test.each<[string, Partial<RunOptions>]>([
    ['in another run', {}],
    ['with one thread', { threads: 1 }],
    ['with two threads', { threads: 2 }],
    ['with three threads', { threads: 3 }],
    ['after another benchmark', { tasks: ['sciq', 'piqa'] }],
    ['before another benchmark', { tasks: ['piqa', 'sciq'] }],
    ['with the batch size that is the usual one', { batchTokens: 1024 }],
    ['in two processes', { workers: 2 }],
    ['in three processes after another benchmark', { workers: 3, tasks: ['sciq', 'piqa'] }],
    ['with two threads after another benchmark', { threads: 2, tasks: ['sciq', 'piqa'] }],
  ])('%s', async (_, changes) => {
    expect((await score(changes)).get('piqa')).toEqual(whole);
  });

  test('in two processes, one of which is killed', async () => {
    const notices: string[] = [];
    const ended = /^A worker on cpu has ended \(SIGKILL\); it is started again for documents of piqa, /;
    // Not before both have loaded the model, most likely; one that still does is told of in other words.
    const kill = () => {
      if (notices.some((message) => ended.test(message))) return;
      spawnSync('pkill', ['-KILL', '--oldest', '-P', `${process.pid}`, '-f', 'scoring_thread']);
    };
    const notice = (message: string) => void notices.push(message);
    const scored = await score(
      { workers: 2 },
      { notice, progress: (_model, _task, done) => void (done >= 200 && kill()) },
    );
    expect(scored.get('piqa')).toEqual(whole);
    expect(notices).toContainEqual(expect.stringMatching(ended));
  });

  test.each([256, 512, 599])('in whole parts of 256 documents, of %d in all', async (limit) => {
    const scored = (await score({ limit })).get('piqa')!;
    const kept = limit - (limit % 256);
    expect(scored).toHaveLength(limit);
    expect(scored.slice(0, kept)).toEqual(whole.slice(0, kept));
  });
});

describe('a score is the same but for rounding', () => {
  test.each<[string, Partial<RunOptions>]>([
    ...[1, 64, 300, 2048, 32_768].map((batchTokens): [string, Partial<RunOptions>] => [
      `in batches of ${batchTokens}`,
      { batchTokens },
    ]),
    ['of 40 documents', { limit: 40 }],
    ['of one document', { limit: 1 }],
    ['of 300 documents in small batches with two threads', { limit: 300, batchTokens: 128, threads: 2 }],
    ['of 300 documents in large batches', { limit: 300, batchTokens: 4096 }],
  ])('%s', async (_, changes) => {
    const scored = (await score(changes)).get('piqa')!;
    const differences = scored.flatMap((values, i) => values.map((value, k) => Math.abs(value - whole[i][k])));
    expect(Math.max(...differences)).toBeLessThan(bound);
  });
});
