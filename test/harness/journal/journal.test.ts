import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { BackendInfo } from '../../../src/backend/backend.ts';
import { Journal, type JournalOptions } from '../../../src/harness/journal/journal.ts';
import { seal, unseal } from '../../../src/harness/journal/line.ts';
import type { Place } from '../../../src/harness/journal/read.ts';
import { runBegun } from '../../../src/harness/journal/run_file.ts';
import { describeDifference, type Unit } from '../../../src/harness/journal/settings.ts';

const schema = z.object({ kind: z.literal('made'), text: z.string() });
const unit: Unit = { model: './model', task: 'made', settings: { seed: 0, stop: ['\n'], weights: 'a'.repeat(64) } };
const backend: BackendInfo = { name: 'reference', version: '1', device: 'cpu', dtype: 'float64', threads: 1 };
const entries = ['one', 'It is "4"\n\u2028 é😀\ud800.', 'three'].map((text) => ({ kind: 'made', text }) as const);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hon-eval-journal-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A journal with what was there when it was opened. */
async function open(changes: Partial<Unit> = {}, options: Partial<JournalOptions> = {}) {
  const found: [z.infer<typeof schema>, Place][] = [];
  const journal = await Journal.open({ ...unit, ...changes }, schema, { folder, ...options }, (...line) => {
    found.push(line);
  });
  for (const [entry, place] of found) expect(journal.read(place)).toEqual(entry);
  return Object.assign(journal, { entries: found.map(([entry]) => entry) });
}

/** Begins a journal, adds the entries and closes it. */
async function write(texts = entries): Promise<string> {
  const journal = await open();
  journal.begin(backend);
  for (const entry of texts) journal.append(entry);
  journal.close();
  return journal.file;
}

/** What is there when it is opened again. */
async function reopen(changes: Partial<Unit> = {}) {
  const journal = await open(changes);
  journal.close();
  return journal;
}

describe('a line', () => {
  it('is given back as it was, and not at all where a byte of it is another', () => {
    for (const entry of entries) {
      const line = seal(entry).trimEnd();
      expect(unseal(line)).toEqual(entry);
      const bytes = Buffer.from(line);
      for (let i = 0; i < bytes.length; i++) {
        const changed = Buffer.from(bytes);
        changed[i] ^= 1;
        expect(unseal(changed.toString())).toBeUndefined();
        expect(unseal(bytes.subarray(0, i).toString())).toBeUndefined();
      }
    }
  });
});

describe('Journal', () => {
  it('gives back what was added, and what it was computed with', async () => {
    const first = await open();
    expect([first.entries, first.backend, existsSync(first.file)]).toEqual([[], undefined, false]);
    first.close();
    await write();
    const again = await reopen();
    expect([again.entries, again.backend, again.damaged]).toEqual([entries, backend, 0]);
    expect((await open({}, { fresh: true })).entries).toEqual([]);
  });

  it('goes on behind what a killed process has left, wherever that was cut', async () => {
    const file = await write();
    const bytes = readFileSync(file);
    const whole = (length: number) => bytes.subarray(0, length).toString('latin1').split('\n').length - 1;
    for (let length = 0; length <= bytes.length; length += 31) {
      writeFileSync(file, bytes.subarray(0, length));
      const journal = await open();
      // The head and the process come before the entries.
      expect(journal.entries).toEqual(entries.slice(0, Math.max(0, whole(length) - 2)));
      expect(journal.read(journal.append(entries[2]))).toEqual(entries[2]);
      journal.close();
      const { entries: found, damaged } = await reopen();
      expect([found, damaged]).toEqual([[...journal.entries, entries[2]], 0]);
    }
  });

  it('passes over damaged lines, says how many, and keeps the others', async () => {
    const file = await write();
    const lines = readFileSync(file, 'utf8').split('\n');
    lines[2] = lines[2].replace('one', 'two');
    writeFileSync(file, lines.join('\n'));
    const { entries: found, damaged } = await reopen();
    expect([found, damaged]).toEqual([entries.slice(1), 1]);
    writeFileSync(file, lines.with(0, 'x').join('\n'));
    await expect(open()).rejects.toMatchObject({ kind: 'output', message: expect.stringContaining('--fresh') });
  });

  it('is another one for other settings, and knows the earlier ones', async () => {
    await write();
    const other = await open({ settings: { ...unit.settings, seed: 1, weights: 'b'.repeat(64) } });
    expect([other.entries, other.earlier]).toEqual([[], unit.settings]);
    expect(describeDifference(other.earlier!, other.unit.settings)).toBe('seed was 0 and is 1, weights differs');
    other.close();
    expect((await reopen()).entries).toEqual(entries);
    expect((await reopen({ task: 'other' })).earlier).toBeUndefined();
    expect((await reopen({ model: './other', settings: {} })).earlier).toBeUndefined();
  });

  it('knows when it was begun', async () => {
    const first = await open();
    first.append(entries[0]);
    first.close();
    expect((await reopen()).begun).toEqual(first.begun);
  });

  it('is held by one at a time, for as long as that one lives', async () => {
    const journal = await open();
    const { pid } = process;
    await expect(open()).rejects.toMatchObject({
      kind: 'output',
      message: expect.stringMatching(
        new RegExp(`^made of ./model is being worked on by process ${pid} on ${hostname()},`),
      ),
    });
    journal.close();
    expect(readdirSync(folder)).toEqual([]);
    const dead = { pid: 2 ** 22 + 1, started: '1', host: hostname(), since: new Date().toISOString() };
    const reused = { ...dead, pid, started: '1' };
    for (const content of [JSON.stringify(dead), JSON.stringify(reused)]) {
      writeFileSync(`${journal.file}.lock`, content);
      (await open()).close();
    }
    writeFileSync(`${journal.file}.lock`, JSON.stringify({ ...dead, host: 'elsewhere' }));
    await expect(open()).rejects.toMatchObject({ message: expect.stringContaining('on elsewhere') });
  });

  it('is had by one of many that take it from a dead process at once', async () => {
    const dead = { pid: 2 ** 22 + 1, started: '1', host: hostname(), since: new Date().toISOString() };
    const { file } = await reopen();
    for (let round = 0; round < 20; round++) {
      writeFileSync(`${file}.lock`, JSON.stringify(dead));
      const outcomes = await Promise.allSettled(Array.from({ length: 24 }, () => open()));
      const had = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
      expect(had).toHaveLength(1);
      had[0].close();
    }
  });

  it('says where it cannot be written', async () => {
    const journal = await open();
    rmSync(folder, { recursive: true });
    expect(() => journal.append(entries[0])).toThrow(/^Cannot write to the journal .*made/);
    writeFileSync(folder, '');
    await expect(open()).rejects.toMatchObject({ kind: 'output' });
  });

  it('survives lines of another kind', async () => {
    const file = await write();
    appendFileSync(file, seal({ kind: 'later', value: 1 }));
    expect((await reopen()).entries).toEqual(entries);
  });
});

describe('runBegun', () => {
  it('tells the same time for the same units, unless they are to start over', async () => {
    const other = { ...unit, task: 'other' };
    const begun = await runBegun(folder, [unit, other], false);
    expect(await runBegun(folder, [unit, other], false)).toEqual(begun);
    writeFileSync(join(folder, readdirSync(folder)[0]), '{"begun"');
    await new Promise((resolve) => setTimeout(resolve, 2));
    const later = await runBegun(folder, [unit, other], false);
    expect(later.getTime()).toBeGreaterThan(begun.getTime());
    await new Promise((resolve) => setTimeout(resolve, 2));
    expect((await runBegun(folder, [unit], false)).getTime()).toBeGreaterThan(later.getTime());
    expect((await runBegun(folder, [unit, other], true)).getTime()).toBeGreaterThan(later.getTime());
  });
});
