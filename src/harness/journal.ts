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
   * where there are texts already that are not to be gone on with; a `usage` error where they are of another run.
   *
   * @param run all that the texts depend on, beside what they were asked
   */
  static async open(file: string, run: JsonObject, resume: boolean): Promise<Journal> {
    const { begun, texts } = await readJournal(file);
    if (texts.size === 0) write(() => writeFileSync(file, `${JSON.stringify(run)}\n`), file);
    else if (resume) {
      checkSame(begun, run, file);
      // What follows begins a line of its own, also where the last one was cut short.
      write(() => appendFileSync(file, '\n'), file);
    } else
      throw new HonEvalError(
        'output',
        `An unfinished run has ${texts.size} texts in ${file}: go on with --resume, choose another --output, ` +
          'or remove the file.',
      );
    return new Journal(file, texts);
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

/** Nothing where there is no such file. A line that was cut short is passed over: its text is written again. */
async function readJournal(file: string): Promise<{ begun?: unknown; texts: Map<string, WrittenSample> }> {
  const texts = new Map<string, WrittenSample>();
  if (!existsSync(file)) return { texts };
  let begun: unknown;
  for await (const line of lines(file)) {
    const value = parse(line);
    begun ??= value;
    const entry = entrySchema.safeParse(value).data;
    if (!entry) continue;
    const { text, tokens, finish, verdict } = entry;
    texts.set(keyOf(entry), { text, tokens, finish, verdict });
  }
  return { begun, texts };
}

function checkSame(begun: unknown, run: JsonObject, file: string): void {
  const known = z.record(z.string(), z.json()).safeParse(begun).data ?? {};
  const key = Object.keys(run).find((name) => !isDeepStrictEqual(known[name], run[name]));
  if (key === undefined) return;
  const [then, now] = [known, run].map((each) => JSON.stringify(each[key]));
  throw new HonEvalError(
    'usage',
    `The texts in ${file} were written with ${key} ${then}, not ${now}; ask for the same, choose another --output, or ` +
      'remove the file.',
  );
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
