import { z } from 'zod';
import { outcomes } from '../../grading/verdict.ts';
import { sha256 } from '../../sha256.ts';
import type { GradedSample } from '../record/scored.ts';
import { Journal, type JournalOptions } from './journal.ts';
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

/** The texts of a unit that are there, those of earlier processes among them. */
export class TextJournal {
  readonly journal: Journal<TextLine>;
  readonly #texts: Map<string, GradedSample>;

  private constructor(journal: Journal<TextLine>, texts: Map<string, GradedSample>) {
    this.journal = journal;
    this.#texts = texts;
  }

  /** Throws as `Journal.open`. */
  static async open(unit: Unit, options: JournalOptions): Promise<TextJournal> {
    const texts = new Map<string, GradedSample>();
    const journal = await Journal.open(unit, textSchema, options, ({ text, tokens, finish, verdict, ...place }) => {
      texts.set(keyOf(place), { text, tokens, finish, verdict });
    });
    return new TextJournal(journal, texts);
  }

  find(place: TextPlace): GradedSample | undefined {
    return this.#texts.get(keyOf(place));
  }

  /** Keeps a text, for good once this returns. Throws an `output` error. */
  append({ document, sample, asked }: TextPlace, written: GradedSample): void {
    this.journal.append({ kind: 'text', document, sample, asked, ...written });
    this.#texts.set(keyOf({ document, sample, asked }), written);
  }
}

export function askedHash(prompt: string, gold: string): string {
  return sha256(`${prompt}\0${gold}`);
}

function keyOf({ document, sample, asked }: TextPlace): string {
  return JSON.stringify([document, sample, asked]);
}
