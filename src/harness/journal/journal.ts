import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import type { z } from 'zod';
import type { BackendInfo } from '../../backend/backend.ts';
import { HonEvalError, isSystemError, reason } from '../../errors.ts';
import { Lock } from '../../lock.ts';
import { prepareFolder } from '../../output/output_folder.ts';
import { seal, unseal } from './line.ts';
import {
  type Content,
  earlierSettings,
  format,
  type Head,
  type Place,
  type processSchema,
  readJournals,
} from './read.ts';
import { settingsId, type Unit, type UnitSettings } from './settings.ts';

export interface JournalOptions {
  /** Where the journals of a model are. */
  folder: string;
  /** Whether to forget what is there. */
  fresh?: boolean;
  /**
   * Names a share of a plan: it writes a file that nobody else does, so that it needs no lock, which network file systems
   * do not have. The whole unit if left out.
   */
  shard?: string;
}

/** Whether anything was ever kept of one of the tasks in a folder, under whatever settings. */
export async function hasJournals(folder: string, tasks: readonly string[]): Promise<boolean> {
  const names = await readdir(folder).catch(() => []);
  return names.some((name) => name.endsWith('.jsonl') && tasks.some((task) => name.startsWith(`${task}.`)));
}

/**
 * What is known of a unit, kept as it is made: a file to which lines are only ever added, each with a checksum, so that
 * whatever ends the process takes along no more than what was under way. docs/durability.md describes the format.
 *
 * @template E What a line says.
 */
export class Journal<E extends object> {
  readonly unit: Unit;
  readonly file: string;
  /** When the unit was begun, by whatever process. */
  readonly begun: Date;
  /** The settings of the latest journal of the same model and benchmark, where this one is new. */
  readonly earlier?: UnitSettings;
  /** Lines that are passed over because they are damaged. */
  readonly damaged: number;
  /** What the first process that wrote here computed with. */
  backend?: BackendInfo;
  readonly #schema: z.ZodType<E>;
  readonly #lock?: Lock;
  /** Open once something is written. */
  #handle?: number;
  /** Bytes of the file, once it is open. */
  #size = 0;
  /** For lines that are read: one a line would be a lot of garbage. */
  #buffer = Buffer.alloc(0);

  private constructor(
    unit: Unit,
    schema: z.ZodType<E>,
    file: string,
    content: Content,
    lock?: Lock,
    earlier?: UnitSettings,
  ) {
    this.unit = unit;
    this.#schema = schema;
    this.file = file;
    this.begun = new Date(content.head?.begun ?? Date.now());
    this.damaged = content.damaged;
    this.backend = content.backend;
    this.earlier = earlier;
    this.#lock = lock;
  }

  /**
   * Opens the journal of a unit, which is made with its first line, and keeps other processes from it until `close`.
   * What shards have written is there as well. Throws an `output` error where another process holds it, or where it
   * cannot be read or written.
   *
   * @param schema Of a line; lines that are of another kind are passed over.
   * @param take Is given what is there, in the order in which it was written, and where; `read` finds it again.
   */
  static async open<E extends object>(
    unit: Unit,
    schema: z.ZodType<E>,
    { folder, fresh = false, shard }: JournalOptions,
    take: (entry: E, place: Place) => void,
  ): Promise<Journal<E>> {
    await prepareFolder(folder);
    const base = `${unit.task}.${settingsId(unit.settings)}.`;
    const file = path.join(folder, shard === undefined ? `${base}jsonl` : `${base}${shard}.${attempt()}.jsonl`);
    return guard(file, 'open', async () => {
      const lock =
        shard === undefined ? await Lock.acquire(`${file}.lock`, `${unit.task} of ${unit.model}`) : undefined;
      try {
        const names = (await readdir(folder)).filter((name) => name.startsWith(base) && name.endsWith('.jsonl'));
        const files = names.sort().map((name) => path.join(folder, name));
        if (fresh) for (const each of files) await rm(each, { force: true });
        const content = await readJournals(fresh ? [] : files, schema, take);
        if (!content.head) await rm(file, { force: true });
        const earlier = content.head || fresh ? undefined : await earlierSettings(folder, unit);
        return new Journal(unit, schema, file, content, lock, earlier);
      } catch (error) {
        lock?.release();
        throw error;
      }
    });
  }

  /** Tells what this process computes with, before it adds lines. Throws an `output` error. */
  begin(backend: BackendInfo): void {
    this.backend ??= backend;
    const line = {
      kind: 'process',
      at: new Date().toISOString(),
      host: hostname(),
      pid: process.pid,
      backend,
    } as const;
    this.#write(line satisfies z.infer<typeof processSchema>);
  }

  /** Adds a line, which is in the system's hands when this returns. Throws an `output` error. */
  append(entry: E): Place {
    return this.#write(entry);
  }

  /** A line that is there. Throws an `output` error where it is not any more. */
  read({ file, at, bytes }: Place): E {
    if (this.#buffer.length < bytes) this.#buffer = Buffer.alloc(2 * bytes);
    const line = this.#buffer.subarray(0, bytes);
    // A file that has become shorter must not end in an earlier line.
    line.fill(0);
    try {
      const handle = openSync(file, 'r');
      try {
        for (let done = 0, more = -1; done < bytes && more !== 0; done += more)
          more = readSync(handle, line, done, bytes - done, at + done);
      } finally {
        closeSync(handle);
      }
    } catch (error) {
      throw unwritable(file, 'read', error);
    }
    const { success, data } = this.#schema.safeParse(unseal(line.toString()));
    if (success) return data;
    throw new HonEvalError('output', `The journal ${file} was changed while it was used; run the same command again.`);
  }

  /** Lets other processes at it, and sees to it that what was added survives a power cut. */
  close(): void {
    try {
      if (this.#handle !== undefined) {
        fsyncSync(this.#handle);
        closeSync(this.#handle);
      }
    } catch (error) {
      throw unwritable(this.file, 'write to', error);
    } finally {
      this.#handle = undefined;
      this.#lock?.release();
    }
  }

  #write(value: object): Place {
    try {
      this.#handle ??= this.#open();
      const line = Buffer.from(seal(value));
      const at = this.#size;
      for (let done = 0; done < line.length; ) {
        const written = writeSync(this.#handle, line, done);
        this.#size += written;
        done += written;
      }
      return { file: this.file, at, bytes: line.length - 1 };
    } catch (error) {
      throw unwritable(this.file, 'write to', error);
    }
  }

  /** Opens the file for writing behind what is there. */
  #open(): number {
    const handle = openSync(this.file, 'a+');
    const { size } = fstatSync(handle);
    const whole = wholeLines(handle, size);
    if (whole < size) ftruncateSync(handle, whole);
    const { model, task, settings } = this.unit;
    const head: Head = { kind: 'unit', format, model, task, settings, begun: this.begun.toISOString() };
    this.#size = whole + (whole === 0 ? writeSync(handle, seal(head)) : 0);
    return handle;
  }
}

/** Bytes of a file up to the end of its last whole line: what a killed process leaves may end in the midst of one. */
function wholeLines(handle: number, size: number): number {
  const block = Buffer.alloc(1 << 16);
  for (let end = size; end > 0; ) {
    const from = Math.max(0, end - block.length);
    const newline = block.subarray(0, readSync(handle, block, 0, end - from, from)).lastIndexOf('\n');
    if (newline >= 0) return from + newline + 1;
    end = from;
  }
  return 0;
}

/** What tells a process from all others that work on the same. */
function attempt(): string {
  return `${hostname()}-${process.pid}-${Date.now().toString(36)}`;
}

async function guard<T>(file: string, verb: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw unwritable(file, verb, error);
  }
}

/** Failures of the file system as an `output` error. */
function unwritable(file: string, verb: string, error: unknown): unknown {
  if (!isSystemError(error)) return error;
  const message = `Cannot ${verb} the journal ${file}: ${reason(error)}. Make room, or choose another --output.`;
  return new HonEvalError('output', message, { cause: error });
}
