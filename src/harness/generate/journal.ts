import { createHash } from 'node:crypto';
import { appendFileSync, existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { HonEvalError, reason } from '../../errors.ts';
import { outcomes } from '../../grading/verdict.ts';
import type { JsonObject } from '../../json.ts';
import { lines } from '../../lines.ts';
import type { WrittenSample } from '../record/scored.ts';

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

/** What the texts depend on; journals have not always said when they were begun. */
const headSchema = z.looseObject({ begun: z.iso.datetime().optional() });

/**
 * The texts of a run that is not finished, so that it can go on where it was stopped, however that happened: JSON Lines,
 * first what the texts depend on, then each text as soon as it is there.
 */
export class Journal {
  /** When the run was begun, which prompts may tell: a run that goes on asks the same. */
  readonly begun: Date;
  /** Texts that were there when it was opened. */
  readonly found: number;
  readonly #file: string;
  readonly #texts: ReadonlyMap<string, WrittenSample>;
  /** Comes before the next text. */
  #head: string;

  private constructor(file: string, texts: ReadonlyMap<string, WrittenSample>, begun: Date, head: string) {
    this.begun = begun;
    this.found = texts.size;
    this.#file = file;
    this.#texts = texts;
    this.#head = head;
  }

  /**
   * Begins a journal, whose file is made with its first text, or goes on with the one that is there. Throws an `output`
   * error where there are texts already that are not to be gone on with; a `usage` error where they are of another run.
   *
   * @param run all that the texts depend on, beside what they were asked
   */
  static async open(file: string, run: JsonObject, resume: boolean): Promise<Journal> {
    const { head, texts } = await readJournal(file);
    if (texts.size === 0) {
      await rm(file, { force: true });
      const begun = new Date();
      return new Journal(file, texts, begun, `${JSON.stringify({ ...run, begun })}\n`);
    }
    if (!resume)
      throw new HonEvalError(
        'output',
        `An unfinished run has ${texts.size} texts in ${file}: go on with --resume, choose another --output, ` +
          'or remove the file.',
      );
    const known = headSchema.safeParse(head).data ?? {};
    checkSame(known, run, file);
    // What follows begins a line of its own, also where the last one was cut short.
    return new Journal(file, texts, new Date(known.begun ?? Date.now()), '\n');
  }

  find(place: TextPlace): WrittenSample | undefined {
    return this.#texts.get(keyOf(place));
  }

  add({ task, document, sample, asked }: TextPlace, written: WrittenSample): void {
    const line = JSON.stringify({ task, document, sample, asked, ...written } satisfies z.infer<typeof entrySchema>);
    // A new journal is begun here: a file that is there by now is another run's.
    const flag = this.found === 0 && this.#head !== '' ? 'wx' : 'a';
    try {
      appendFileSync(this.#file, `${this.#head}${line}\n`, { flag });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST')
        throw new HonEvalError(
          'output',
          `Another run has begun to write texts to ${this.#file}; wait for it, or choose another --output.`,
        );
      const message = `Cannot write texts to ${this.#file}: ${reason(error)}.`;
      throw new HonEvalError('output', message, { cause: error });
    }
    this.#head = '';
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
async function readJournal(file: string): Promise<{ head?: unknown; texts: Map<string, WrittenSample> }> {
  const texts = new Map<string, WrittenSample>();
  if (!existsSync(file)) return { texts };
  let head: unknown;
  for await (const line of lines(file)) {
    const value = parse(line);
    head ??= value;
    const entry = entrySchema.safeParse(value).data;
    if (!entry) continue;
    const { text, tokens, finish, verdict } = entry;
    texts.set(keyOf(entry), { text, tokens, finish, verdict });
  }
  return { head, texts };
}

function checkSame(known: Readonly<Record<string, unknown>>, run: JsonObject, file: string): void {
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
