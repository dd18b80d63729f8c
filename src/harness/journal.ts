import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { lines } from '../dataset/jsonl.ts';
import { HonEvalError } from '../errors.ts';
import { outcomes } from '../grading/verdict.ts';
import type { JsonObject } from '../json.ts';
import type { WrittenSample } from './scored.ts';

/** Which text: one of several to one problem. */
export interface TextPlace {
  task: string;
  /** Index of the row. */
  document: number;
  sample: number;
  /** sha256 of the prompt and the right answer, hexadecimal: what is asked otherwise is another text. */
  asked: string;
}

const entrySchema = z.strictObject({
  task: z.string(),
  document: z.number(),
  sample: z.number(),
  asked: z.string(),
  text: z.string(),
  tokens: z.number(),
  finish: z.enum(['eos', 'stop', 'length', 'context']),
  verdict: z.strictObject({
    correct: z.boolean(),
    answer: z.string().nullable(),
    outcome: z.enum([...outcomes, 'prompt_too_long']),
  }),
});

/**
 * The texts of a run that is not finished, so that it can go on where it was stopped, however that happened: JSON Lines,
 * first what the texts depend on, then each text as soon as it is there.
 */
export class Journal {
  /** Texts that were there when it was opened. */
  readonly found: number;
  readonly #file: string;
  readonly #texts: ReadonlyMap<string, WrittenSample>;

  private constructor(file: string, texts: ReadonlyMap<string, WrittenSample>) {
    this.#file = file;
    this.#texts = texts;
    this.found = texts.size;
  }

  /**
   * Begins a journal, or goes on with the one that is there. Throws an `output` error where it cannot be written, or
   * where there is one already that is not to be gone on with; a `usage` error where its texts are of another run.
   *
   * @param run all that the texts depend on, beside what they were asked
   */
  static async open(file: string, run: JsonObject, resume: boolean): Promise<Journal> {
    if (!existsSync(file)) {
      write(() => writeFileSync(file, `${JSON.stringify(run)}\n`), file);
      return new Journal(file, new Map());
    }
    if (resume) return new Journal(file, await readTexts(file, run));
    throw new HonEvalError(
      'output',
      `There are texts of an unfinished run in ${file}: go on with --resume, choose another --output, or remove them.`,
    );
  }

  find(place: TextPlace): WrittenSample | undefined {
    return this.#texts.get(keyOf(place));
  }

  add({ task, document, sample, asked }: TextPlace, written: WrittenSample): void {
    const line = JSON.stringify({ task, document, sample, asked, ...written } satisfies z.infer<typeof entrySchema>);
    write(() => appendFileSync(this.#file, `${line}\n`), this.#file);
  }

  /** For a run whose results are written. */
  async remove(): Promise<void> {
    await rm(this.#file, { force: true });
  }
}

export function askedHash(prompt: string, gold: string): string {
  return createHash('sha256').update(`${prompt}\0${gold}`).digest('hex');
}

async function readTexts(file: string, run: JsonObject): Promise<Map<string, WrittenSample>> {
  const texts = new Map<string, WrittenSample>();
  let header: unknown;
  for await (const line of lines(file)) {
    const value = parse(line);
    if (header === undefined) {
      header = value ?? null;
      checkSame(header, run, file);
      continue;
    }
    // The last line may be cut short; what is not there is written again.
    const { data } = entrySchema.safeParse(value);
    if (!data) continue;
    const { text, tokens, finish, verdict } = data;
    texts.set(keyOf(data), { text, tokens, finish, verdict });
  }
  if (header === undefined) write(() => writeFileSync(file, JSON.stringify(run)), file);
  // What follows begins a line of its own.
  write(() => appendFileSync(file, '\n'), file);
  return texts;
}

function checkSame(header: unknown, run: JsonObject, file: string): void {
  const begun = z.record(z.string(), z.json()).safeParse(header).data;
  const advice = 'ask for the same, choose another --output, or remove the file';
  if (!begun) throw new HonEvalError('usage', `${file} holds no texts of an unfinished run; ${advice}.`);
  const key = Object.keys(run).find((name) => !isDeepStrictEqual(begun[name], run[name]));
  if (key === undefined) return;
  const [then, now] = [begun, run].map((each) => JSON.stringify(each[key]));
  throw new HonEvalError('usage', `The texts in ${file} were written with ${key} ${then}, not ${now}; ${advice}.`);
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function keyOf({ task, document, sample, asked }: TextPlace): string {
  return JSON.stringify([task, document, sample, asked]);
}

function write(act: () => void, file: string): void {
  try {
    act();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new HonEvalError('output', `Cannot write texts to ${file}: ${reason}.`, { cause: error });
  }
}
