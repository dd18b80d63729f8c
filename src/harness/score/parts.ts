import type { Asked } from '../journal/scores.ts';
import { sha256 } from '../journal/settings.ts';
import type { LoadedTask } from '../load_task.ts';
import type { Document } from '../task/task.ts';
import { type AskedDocument, askedOf } from './encode.ts';
import { withTrunks } from './trunk.ts';

/** Documents that are packed together: enough to fill rows well, few enough that scoring starts at once. */
export const partSize = 256;

/**
 * Documents that stand side by side, from a multiple of `partSize` on. A document's batch, and with it
 * the last bits of its scores, depends on its part alone.
 */
export interface Part extends Asked {
  /** Index of its first document. */
  start: number;
  documents: readonly Document[];
  /** What is asked about each of them. */
  asked: readonly AskedDocument[];
}

/**
 * The index of each part's first document.
 * @param cuts Indices at which a part ends, whatever its size
 */
export function partStarts(count: number, cuts: readonly number[] = []): number[] {
  return [0, ...cuts].flatMap((from, i) => {
    const size = (cuts[i] ?? count) - from;
    return Array.from({ length: Math.ceil(size / partSize) }, (_, k) => from + k * partSize);
  });
}

export function partsOf({ documents, task, cuts }: Pick<LoadedTask, 'documents' | 'task' | 'cuts'>): Part[] {
  const starts = partStarts(documents.length, cuts);
  const allAsked = withTrunks(
    documents.map((document) => askedOf(document, task)),
    partSize,
  );
  return starts.map((start, k) => {
    const part = documents.slice(start, starts[k + 1]);
    const asked = allAsked.slice(start, start + part.length);
    const texts = asked.map(({ requests, rolling }, i) => [part[i].index, rolling, requests]);
    return { start, documents: part, asked, digest: sha256(JSON.stringify(texts)) };
  });
}

/** Of all parts together. */
export function digestOf(parts: readonly Asked[]): string {
  return sha256(parts.map(({ digest }) => digest).join(''));
}

/** Where a batch stands in a unit. */
export interface BatchPlace {
  /** Index of its part's first document. */
  part: number;
  /** Which batch of the part. */
  batch: number;
}

/** Batches that stand side by side, from one on up to another that is not among them. */
export interface Piece {
  from: BatchPlace;
  to: BatchPlace;
  /** How many they hold. */
  documents: number;
}

export function isWithin(place: BatchPlace, { from, to }: Pick<Piece, 'from' | 'to'>): boolean {
  return !isBefore(place, from) && isBefore(place, to);
}

function isBefore(a: BatchPlace, b: BatchPlace): boolean {
  return a.part < b.part || (a.part === b.part && a.batch < b.batch);
}
