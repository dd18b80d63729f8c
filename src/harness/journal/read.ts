/** Reads the journals of a unit. */
import { statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { type BackendInfo, dtypes } from '../../backend/backend.ts';
import { HonEvalError } from '../../errors.ts';
import { byteLines } from '../../lines.ts';
import { unseal } from './line.ts';
import type { Unit, UnitSettings } from './settings.ts';

export const format = 1;

const headSchema = z.object({
  kind: z.literal('unit'),
  format: z.literal(format),
  model: z.string(),
  task: z.string(),
  settings: z.record(z.string(), z.json()),
  begun: z.iso.datetime(),
});
export type Head = z.infer<typeof headSchema>;

/** What a process says of itself before its first line. */
export const processSchema = z.object({
  kind: z.literal('process'),
  at: z.iso.datetime(),
  host: z.string(),
  pid: z.number(),
  backend: z.object({
    name: z.string(),
    version: z.string(),
    device: z.string(),
    dtype: z.enum(dtypes),
    threads: z.number(),
  }),
});

/** Where a line is, without its newline. */
export interface Place {
  file: string;
  at: number;
  bytes: number;
}

/** What a unit's journals say of themselves. */
export interface Content {
  head?: Head;
  /** What the first process computed with. */
  backend?: BackendInfo;
  /** Whole lines that are not as they were written. */
  damaged: number;
}

/** Gives what the journals of a unit hold together to `take`, in the order of their files. */
export async function readJournals<E extends object>(
  files: readonly string[],
  schema: z.ZodType<E>,
  take: (entry: E, place: Place) => void,
): Promise<Content> {
  const content: Content = { damaged: 0 };
  for (const file of files) await readJournal(file, schema, content, take);
  return content;
}

async function readJournal<E extends object>(
  file: string,
  schema: z.ZodType<E>,
  content: Content,
  take: (entry: E, place: Place) => void,
): Promise<void> {
  let begun = false;
  for await (const { line, place } of wholeLinesOf(file)) {
    const value = unseal(line);
    const head = begun ? undefined : headSchema.safeParse(value).data;
    const entry = value && schema.safeParse(value).data;
    content.backend ??= processSchema.safeParse(value).data?.backend;
    if (head) {
      begun = true;
      if (!content.head || head.begun < content.head.begun) content.head = head;
    } else if (entry && !begun) throw headless(file);
    else if (entry) take(entry, place);
    else if (!value) content.damaged++;
  }
}

function headless(file: string): HonEvalError {
  return new HonEvalError(
    'output',
    `The first line of ${file} is damaged; start over with --fresh, or remove the file.`,
  );
}

/** A last line without its newline is what a killed process leaves. */
async function* wholeLinesOf(file: string): AsyncGenerator<{ line: string; place: Place }> {
  let last: { line: string; place: Place } | undefined;
  let at = 0;
  for await (const bytes of byteLines(file)) {
    if (last !== undefined) yield last;
    last = { line: bytes.toString(), place: { file, at, bytes: bytes.length } };
    at += bytes.length + 1;
  }
}

/** Settings of the journal of the same model and benchmark that was written to last. */
export async function earlierSettings(folder: string, { model, task }: Unit): Promise<UnitSettings | undefined> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(`${task}.`) && name.endsWith('.jsonl'));
  const files = names.map((name) => path.join(folder, name));
  const byAge = files.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  for (const file of byAge) {
    const head = await readHead(file);
    if (head?.model === model) return head.settings;
  }
  return undefined;
}

async function readHead(file: string): Promise<Head | undefined> {
  for await (const { line } of wholeLinesOf(file)) return headSchema.safeParse(unseal(line)).data;
  return undefined;
}
