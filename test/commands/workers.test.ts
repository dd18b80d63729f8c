import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { contentOf, prepareVictim } from '../torture/torture.ts';
import { writeCheckpoint } from './checkpoint.ts';
import { honEval, type Outcome, sharedFolder } from './program.ts';

let folder: string;
/** Two models on two benchmarks. */
let work: string[];
beforeAll(async () => {
  folder = await sharedFolder();
  work = [...prepareVictim('run', folder, 300).filter((arg) => arg !== '--quiet'), '--model', 'B=hon'];
  writeCheckpoint(join(folder, 'hon'), { hon: { order: 2, projections: ['q', 'k'], inner: 'shared' } });
});

/** Processes that a process has started and not ended. */
function childrenOf(pid: number): number[] {
  try {
    const found = execFileSync('pgrep', ['-P', `${pid}`], { encoding: 'utf8' });
    return found.trim().split('\n').map(Number);
  } catch {
    return [];
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** A run in two processes that gets a signal once something is scored, and the processes that scored for it. */
async function stopped(signal: NodeJS.Signals): Promise<Outcome & { workers: number[] }> {
  let workers: number[] = [];
  const outcome = await honEval(['run', '--workers', '2', ...work.slice(1), '--output', 'O'], {
    cwd: folder,
    onStderr(stderr, child) {
      if (workers.length > 0 || !stderr.includes(': done')) return;
      workers = childrenOf(child.pid!);
      child.kill(signal);
    },
  });
  return { ...outcome, workers };
}

test('two processes give the files of one, and none outlives the run, however that ends', async () => {
  const whole = await honEval([...work, '--quiet', '--output', 'whole'], { cwd: folder });
  expect(whole.exitCode).toBe(0);
  const polite = await stopped('SIGTERM');
  expect([polite.exitCode, polite.workers.length]).toEqual([130, 2]);
  expect(polite.workers.filter(isAlive)).toEqual([]);
  const killed = await stopped('SIGKILL');
  // What was left may have been too little to be killed over.
  expect([null, 0]).toContain(killed.exitCode);
  await setTimeout(killed.exitCode === null ? 2000 : 0);
  expect(killed.workers.filter(isAlive)).toEqual([]);
  const last = await honEval(['run', '--workers', '2', ...work.slice(1), '--quiet', '--output', 'O'], { cwd: folder });
  expect([last.exitCode, last.stdout.split('\n\n')[0]]).toEqual([0, whole.stdout.split('\n\n')[0]]);
  expect(contentOf(join(folder, 'O'))).toEqual(contentOf(join(folder, 'whole')));
}, 300_000);
