import { existsSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { HonEvalError } from './errors.ts';
import { isAlive, startOf } from './process.ts';

/** Milliseconds between two signs of life of a holder. */
const heartbeat = 10_000;

/** Milliseconds without one after which a holder on another machine counts as dead: its clock may be off, a disk slow. */
const silence = 120_000;

/** Milliseconds that it takes at most to replace the lock of a dead process. */
const replacing = 5000;

const holderSchema = z.object({
  pid: z.number(),
  /** When the process began, as its machine counts: a number may be another process's by now. */
  started: z.string(),
  host: z.string(),
  since: z.string(),
});
type Holder = z.infer<typeof holderSchema>;

/** A file that says which process works on something. It counts for as long as that process lives. */
export class Lock {
  readonly #file: string;
  readonly #content: string;
  readonly #beat: NodeJS.Timeout;

  private constructor(file: string, content: string) {
    this.#file = file;
    this.#content = content;
    this.#beat = setInterval(() => touch(file), heartbeat).unref();
  }

  /**
   * @param what What is worked on, for the `output` error where another process holds the lock.
   * @param waits Whether to wait for that process instead.
   */
  static async acquire(file: string, what: string, waits = false): Promise<Lock> {
    const self: Holder = {
      pid: process.pid,
      started: startOf(process.pid) ?? '',
      host: hostname(),
      since: new Date().toISOString(),
    };
    const content = JSON.stringify(self);
    while (!(await create(file, content))) {
      const holder = readHolder(file);
      if (holder && !waits && lives(holder, file)) throw held(what, holder, file);
      if (isAbandoned(file)) await replace(file);
      else await setTimeout(20);
    }
    return new Lock(file, content);
  }

  /** Whether a process that lives holds the lock. */
  static isHeld(file: string): boolean {
    return existsSync(file) && !isAbandoned(file);
  }

  release(): void {
    clearInterval(this.#beat);
    // Who was silent for too long may have been taken for dead, and the lock may be another's.
    if (existsSync(this.#file) && readFileSync(this.#file, 'utf8') === this.#content)
      rmSync(this.#file, { force: true });
  }
}

/** False where the file is there already. */
async function create(file: string, content: string): Promise<boolean> {
  try {
    await writeFile(file, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes the lock of a dead process. One process at a time, so that none removes what another has just made. */
async function replace(file: string): Promise<void> {
  const turn = `${file}.turn`;
  try {
    await mkdir(turn);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (isOlder(turn, replacing)) rmSync(turn, { recursive: true, force: true });
    await setTimeout(20);
    return;
  }
  try {
    if (isAbandoned(file)) rmSync(file, { force: true });
  } finally {
    rmSync(turn, { recursive: true, force: true });
  }
}

/** Nothing where the file is gone, damaged or not yet written. */
function readHolder(file: string): Holder | undefined {
  try {
    return holderSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

function isAbandoned(file: string): boolean {
  const holder = readHolder(file);
  // A lock is there before its content is.
  return holder ? !lives(holder, file) : isOlder(file, replacing);
}

function lives({ pid, started, host }: Holder, file: string): boolean {
  if (host !== hostname()) return !isOlder(file, silence);
  return isAlive(pid) && (started === '' || startOf(pid) === started);
}

/** Whether the last sign of life is longer ago, in milliseconds; of what is gone it is not: others may make it anew. */
function isOlder(path: string, age: number): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats !== undefined && Date.now() - stats.mtimeMs > age;
}

function touch(file: string): void {
  try {
    const now = new Date();
    utimesSync(file, now, now);
  } catch {
    // Whoever removed it will be met when the journal is written.
  }
}

function held(what: string, { pid, host, since }: Holder, file: string): HonEvalError {
  const time = since.slice(0, 19).replace('T', ' ');
  return new HonEvalError(
    'output',
    `${what} is being worked on by process ${pid} on ${host}, since ${time} UTC; wait for it, or choose another ` +
      `--output. If that process is gone, remove ${file}.`,
  );
}
