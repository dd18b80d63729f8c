import { z } from 'zod';
import { outcomes } from '../../grading/verdict.ts';
import { sha256 } from '../../sha256.ts';
import type { GradedSample } from '../record/scored.ts';
import { Journal, type JournalOptions } from './journal.ts';
import type { Place } from './read.ts';
import type { Unit } from './settings.ts';

/** Which text: one of several to one problem. */
export interface TextPlace {
  /** Index of the row. */
  document: number;
  sample: number;
  /** sha256 of the prompt and the right answer, hexadecimal: what is asked otherwise is another text. */
  asked: string;
}

const textSchema = z.object({
  kind: z.literal('text'),
  document: z.int().min(0),
  sample: z.int().min(0),
  asked: z.string(),
  text: z.string(),
  tokens: z.int().min(0),
  finish: z.enum(['eos', 'stop', 'length', 'context']),
  verdict: z.strictObject({
    correct: z.boolean(),
    answer: z.string().nullable(),
    outcome: z.enum([...outcomes, 'prompt_too_long']),
  }),
});
type TextLine = z.infer<typeof textSchema>;

/** The texts of a unit that are there, those of earlier processes among them. They stay on disk, long as they are. */
export class TextJournal {
  readonly journal: Journal<TextLine>;
  readonly #places: Map<string, Place>;

  private constructor(journal: Journal<TextLine>, places: Map<string, Place>) {
    this.journal = journal;
    this.#places = places;
  }

  /** Throws as `Journal.open`. */
  static async open(unit: Unit, options: JournalOptions): Promise<TextJournal> {
    const places = new Map<string, Place>();
    const journal = await Journal.open(unit, textSchema, options, (line, place) => places.set(keyOf(line), place));
    return new TextJournal(journal, places);
  }

  has(text: TextPlace): boolean {
    return this.#places.has(keyOf(text));
  }

  /** Throws an `output` error where it is not there any more. */
  find(text: TextPlace): GradedSample | undefined {
    const place = this.#places.get(keyOf(text));
    if (!place) return undefined;
    const { text: written, tokens, finish, verdict } = this.journal.read(place);
    return { text: written, tokens, finish, verdict };
  }

  /** Keeps a text, for good once this returns. Throws an `output` error. */
  append({ document, sample, asked }: TextPlace, written: GradedSample): void {
    const place = this.journal.append({ kind: 'text', document, sample, asked, ...written });
    this.#places.set(keyOf({ document, sample, asked }), place);
  }
}

export function askedHash(prompt: string, gold: string): string {
  return sha256(`${prompt}\0${gold}`);
}

function keyOf({ document, sample, asked }: TextPlace): string {
  return JSON.stringify([document, sample, asked]);
}
