/** Checkpoints of a training run that goes on, as they become whole. */
import { readdir, stat } from 'node:fs/promises';
import { join, matchesGlob } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { HonEvalError } from '../errors.ts';
import { openCheckpoint } from './open.ts';
import { checkpointsOf, type SeriesOptions } from './series.ts';

export interface WatchOptions extends SeriesOptions {
  signal: AbortSignal;
  /** Seconds between two looks. */
  poll: number;
  /** Pattern of a file that a trainer leaves in a checkpoint once it is whole, such as `*.done`. */
  readyFile?: string;
}

/**
 * Gives the checkpoints that a name means, each once, as soon as they are whole; ends when `signal` is aborted. A revision
 * of the hub is whole when it is there. A folder is when its ready file is, or, without one, when nothing in it has changed
 * between two looks and all that its index and its files' headers promise is there.
 */
export async function* watchSeries(name: string, options: WatchOptions): AsyncGenerator<string> {
  const { signal, poll } = options;
  const given = new Set<string>();
  const seen = new Map<string, string>();
  for (;;) {
    for (const place of await checkpointsOf(name, options).catch(noneYet)) {
      if (given.has(place) || signal.aborted) continue;
      if (!(await isWhole(place, seen, options))) continue;
      given.add(place);
      yield place;
    }
    // A wish to stop ends the wait.
    await setTimeout(poll * 1000, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
  }
}

/** A run that has written nothing yet is no failure. */
function noneYet(error: unknown): string[] {
  if (error instanceof HonEvalError && (error.kind === 'checkpoint' || error.kind === 'network')) return [];
  throw error;
}

/** @param seen What each folder was like at the last look. */
async function isWhole(
  place: string,
  seen: Map<string, string>,
  { readyFile, signal }: WatchOptions,
): Promise<boolean> {
  const files = await readdir(place).catch(() => undefined);
  if (files) {
    if (readyFile !== undefined && !files.some((file) => matchesGlob(file, readyFile))) return false;
    const state = await stateOf(place, files);
    const still = seen.get(place) === state;
    seen.set(place, state);
    if (readyFile === undefined && !still) return false;
  } else if (!/@/.test(place)) return false;
  return openCheckpoint(place, { signal }).then(
    () => true,
    (error) => {
      if (error instanceof HonEvalError && error.kind !== 'interrupted') return false;
      throw error;
    },
  );
}

async function stateOf(folder: string, files: readonly string[]): Promise<string> {
  const found = await Promise.all(files.map((file) => stat(join(folder, file)).catch(() => undefined)));
  return JSON.stringify(found.map((stats, i) => [files[i], stats?.size, stats?.mtimeMs]));
}
