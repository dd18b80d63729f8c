import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Score } from '../record/scored.ts';
import { Journal, type JournalOptions } from './journal.ts';
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
      /** Log-likelihood, whether greedy decoding gives it, tokens, and the log-probability of each where it is kept. */
      scores: z.array(z.tuple([z.number(), z.boolean(), count, z.array(z.number()).optional()])),
    }),
  ),
});
type BatchLine = z.infer<typeof batchSchema>;
type ScoreLine = BatchLine['documents'][number]['scores'][number];

/** The scores of a unit that are there, those of earlier processes among them. */
export class ScoreJournal {
  readonly journal: Journal<BatchLine>;
  /** By part, then by document. */
  readonly #scores = new Map<string, Map<number, DocumentScores>>();
  readonly #batches = new Map<string, ScoredBatch[]>();
  /** Documents that were scored twice, with scores that are not the same. */
  readonly contradictions = new Set<number>();

  private constructor(journal: Journal<BatchLine>) {
    this.journal = journal;
    for (const line of journal.entries) this.#take(line.asked, fromLine(line));
  }

  /** Throws as `Journal.open`. */
  static async open(unit: Unit, options: JournalOptions): Promise<ScoreJournal> {
    return new ScoreJournal(await Journal.open(unit, batchSchema, options));
  }

  /** Of a document of the part; nothing where it is still to be scored. */
  find({ digest }: Asked, document: number): DocumentScores | undefined {
    return this.#scores.get(digest)?.get(document);
  }

  /** Documents of the parts that are done. */
  doneOf(parts: readonly Asked[]): number {
    return parts.reduce((sum, { digest }) => sum + (this.#scores.get(digest)?.size ?? 0), 0);
  }

  /** The batches of a part, in the order in which they were scored; one may be there twice. */
  batchesOf({ digest }: Asked): readonly ScoredBatch[] {
    return this.#batches.get(digest) ?? [];
  }

  /** Keeps a batch, for good once this returns. Throws an `output` error. */
  append({ digest }: Asked, batch: ScoredBatch): void {
    this.journal.append(toLine(digest, batch));
    this.#take(digest, batch);
  }

  #take(asked: string, batch: ScoredBatch): void {
    const known = this.#scores.get(asked) ?? new Map<number, DocumentScores>();
    this.#scores.set(asked, known);
    for (const [document, scores] of batch.documents) {
      const before = known.get(document);
      if (!before) known.set(document, scores);
      else if (!isDeepStrictEqual(before, scores)) this.contradictions.add(document);
    }
    this.#batches.set(asked, [...(this.#batches.get(asked) ?? []), batch]);
  }
}

function toLine(asked: string, { documents, ...batch }: ScoredBatch): BatchLine {
  const lines = [...documents].map(([document, { scores, truncated, tokens, requestTokens }]) => ({
    document,
    tokens,
    requestTokens,
    truncated,
    scores: scores.map(
      ({ tokenLogProbs, ...score }): ScoreLine =>
        tokenLogProbs
          ? [score.logLikelihood, score.greedy, score.tokens, tokenLogProbs]
          : [score.logLikelihood, score.greedy, score.tokens],
    ),
  }));
  return { kind: 'scores', asked, ...batch, documents: lines };
}

function fromLine({ documents, part, batch, batchTokens, seconds }: BatchLine): ScoredBatch {
  const scored = documents.map(({ document, scores, ...rest }): [number, DocumentScores] => [
    document,
    {
      ...rest,
      scores: scores.map(([logLikelihood, greedy, tokens, tokenLogProbs]) => ({
        logLikelihood,
        greedy,
        tokens,
        ...(tokenLogProbs && { tokenLogProbs }),
      })),
    },
  ]);
  return { part, batch, documents: new Map(scored), batchTokens, seconds };
}
