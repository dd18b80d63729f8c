import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { WorkCounts } from '../record/run_record.ts';
import type { Score } from '../record/scored.ts';
import { Journal, type JournalOptions } from './journal.ts';
import type { Place } from './read.ts';
import type { Unit } from './settings.ts';

/** Documents that stand side by side in a data set, by the sha256 of all that is asked about them, hexadecimal. */
export interface Asked {
  digest: string;
}

/** What a model says of a document. */
export interface DocumentScores {
  /** One a request. */
  scores: Score[];
  /** Context tokens that did not fit into the model's window, over the choice that lost most. */
  truncated: number;
  /** Tokens that were fed to the model. */
  tokens: number;
  /** Tokens that scoring each (context, continuation) pair alone would feed. */
  requestTokens: number;
}

/** A batch that was scored: documents of one part. */
export interface ScoredBatch {
  /** Index of its part's first document. */
  part: number;
  /** Which one of its part it is. */
  batch: string;
  /** Those that it completes, by their index: a long text may be in several. */
  documents: ReadonlyMap<number, DocumentScores>;
  /** Cells of a batch, about, that the part was packed for. */
  batchTokens: number;
  /** What it took, by stage. */
  seconds: { tokenize: number; pack: number; score: number };
}

const count = z.int().min(0);
const seconds = z.number().min(0);

const batchSchema = z.object({
  kind: z.literal('scores'),
  asked: z.string(),
  part: count,
  batch: z.string(),
  batchTokens: count,
  seconds: z.object({ tokenize: seconds, pack: seconds, score: seconds }),
  documents: z.array(
    z.object({
      document: count,
      tokens: count,
      requestTokens: count,
      truncated: count,
      /** Log-likelihood, whether greedy decoding gives it, tokens, and of each its log-probability and text where they are kept. */
      scores: z.array(z.tuple([z.number(), z.boolean(), count, z.array(z.tuple([z.number(), z.string()])).optional()])),
    }),
  ),
});
type BatchLine = z.infer<typeof batchSchema>;
type ScoreLine = BatchLine['documents'][number]['scores'][number];

/** What is remembered of a batch; its scores are read again where they are asked for. */
export interface KeptBatch extends Omit<ScoredBatch, 'documents'> {
  /** Indices of those that it completes. */
  documents: Uint32Array;
  place: Place;
}

/** What is remembered of a part. */
interface KeptPart {
  /** In the order in which they were scored; one may be there twice. */
  batches: KeptBatch[];
  /** Indices of documents that are done. */
  done: Uint32Array;
  /** Of those, together. */
  counts: Pick<WorkCounts, 'tokens' | 'requestTokens' | 'truncatedDocuments'>;
}

/** The scores of a unit that are there, those of earlier processes among them. They stay on disk: there may be millions. */
export class ScoreJournal {
  readonly journal: Journal<BatchLine>;
  readonly #parts: Map<string, KeptPart>;
  /** Of the part that was asked for last, by document. */
  #last?: { digest: string; scores: Map<number, DocumentScores> };

  private constructor(journal: Journal<BatchLine>, parts: Map<string, KeptPart>) {
    this.journal = journal;
    this.#parts = parts;
  }

  /** Throws as `Journal.open`. */
  static async open(unit: Unit, options: JournalOptions): Promise<ScoreJournal> {
    const parts = new Map<string, KeptPart>();
    const take = (line: BatchLine, place: Place) => {
      const { part, batch, batchTokens, seconds } = line;
      const documents = line.documents.map((counts) => [counts.document, counts] as const);
      remember(parts, line.asked, { part, batch, batchTokens, seconds, place }, documents);
    };
    return new ScoreJournal(await Journal.open(unit, batchSchema, options, take), parts);
  }

  /** Whether a document of the part needs no scoring. */
  has({ digest }: Asked, document: number): boolean {
    return this.#parts.get(digest)?.done.includes(document) ?? false;
  }

  /** Of a document of the part; nothing where it is still to be scored. */
  find(part: Asked, document: number): DocumentScores | undefined {
    return this.has(part, document) ? this.#scoresOf(part.digest).get(document) : undefined;
  }

  /** Documents of the parts that are done. */
  doneOf(parts: readonly Asked[]): number {
    return parts.reduce((sum, { digest }) => sum + (this.#parts.get(digest)?.done.length ?? 0), 0);
  }

  /** What scoring the documents of the parts took that are done; those that are there twice count once. */
  countsOf(parts: readonly Asked[]): KeptPart['counts'] {
    const total = { tokens: 0, requestTokens: 0, truncatedDocuments: 0 };
    for (const { digest } of parts) {
      const counts = this.#parts.get(digest)?.counts;
      if (!counts) continue;
      total.tokens += counts.tokens;
      total.requestTokens += counts.requestTokens;
      total.truncatedDocuments += counts.truncatedDocuments;
    }
    return total;
  }

  /** The batches of a part, in the order in which they were scored; one may be there twice. */
  batchesOf({ digest }: Asked): readonly KeptBatch[] {
    return this.#parts.get(digest)?.batches ?? [];
  }

  /** A document of the parts that was scored twice, with scores that are not the same. */
  findContradiction(parts: readonly Asked[]): number | undefined {
    for (const { digest } of parts) {
      const { batches, done } = this.#parts.get(digest) ?? { batches: [], done: [] };
      if (batches.reduce((sum, { documents }) => sum + documents.length, 0) === done.length) continue;
      const first = this.#scoresOf(digest);
      for (const { place } of batches)
        for (const [document, scores] of fromLine(this.journal.read(place)))
          if (!isDeepStrictEqual(first.get(document), scores)) return document;
    }
    return undefined;
  }

  /** Keeps a batch, for good once this returns, and gives how many documents it adds. Throws an `output` error. */
  append(part: Asked, { documents, ...batch }: ScoredBatch): number {
    const { digest } = part;
    const place = this.journal.append(toLine(digest, { documents, ...batch }));
    const before = this.doneOf([part]);
    remember(this.#parts, digest, { ...batch, place }, [...documents]);
    if (this.#last?.digest === digest) this.#last = undefined;
    return this.doneOf([part]) - before;
  }

  #scoresOf(digest: string): Map<number, DocumentScores> {
    if (this.#last?.digest === digest) return this.#last.scores;
    const scores = new Map<number, DocumentScores>();
    for (const { place } of this.batchesOf({ digest }))
      for (const [document, found] of fromLine(this.journal.read(place)))
        if (!scores.has(document)) scores.set(document, found);
    this.#last = { digest, scores };
    return scores;
  }
}

function remember(
  parts: Map<string, KeptPart>,
  digest: string,
  batch: Omit<KeptBatch, 'documents'>,
  documents: readonly (readonly [number, Omit<DocumentScores, 'scores'>])[],
): void {
  const part = parts.get(digest) ?? {
    batches: [],
    done: new Uint32Array(),
    counts: { tokens: 0, requestTokens: 0, truncatedDocuments: 0 },
  };
  parts.set(digest, part);
  part.batches.push({ ...batch, documents: Uint32Array.from(documents, ([document]) => document) });
  const added = documents.filter(([document]) => !part.done.includes(document));
  part.done = Uint32Array.of(...part.done, ...added.map(([document]) => document));
  for (const [, { tokens, requestTokens, truncated }] of added) {
    part.counts.tokens += tokens;
    part.counts.requestTokens += requestTokens;
    if (truncated > 0) part.counts.truncatedDocuments++;
  }
}

function toLine(asked: string, { documents, ...batch }: ScoredBatch): BatchLine {
  const lines = [...documents].map(([document, { scores, truncated, tokens, requestTokens }]) => ({
    document,
    tokens,
    requestTokens,
    truncated,
    scores: scores.map(
      ({ tokenScores, ...score }): ScoreLine =>
        tokenScores
          ? [score.logLikelihood, score.greedy, score.tokens, tokenScores]
          : [score.logLikelihood, score.greedy, score.tokens],
    ),
  }));
  return { kind: 'scores', asked, ...batch, documents: lines };
}

function fromLine({ documents }: BatchLine): [number, DocumentScores][] {
  return documents.map(({ document, scores, ...rest }) => [
    document,
    {
      ...rest,
      scores: scores.map(([logLikelihood, greedy, tokens, tokenScores]) => ({
        logLikelihood,
        greedy,
        tokens,
        ...(tokenScores && { tokenScores }),
      })),
    },
  ]);
}
