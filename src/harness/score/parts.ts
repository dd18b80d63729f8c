import { type List, listPart, MadeList } from '../../long_list.ts';
import { sha256 } from '../../sha256.ts';
import type { Asked } from '../journal/scores.ts';
import type { LoadedTask } from '../load_task.ts';
import { type AskedDocument, askedOf } from './encode.ts';
import { commonBeginning, withTrunk } from './trunk.ts';

/**
 * Documents that are packed together: enough to fill rows well, few enough that scoring starts at once. Lists are kept in
 * parts of the same size.
 */
const partSize = listPart;

/**
 * Documents that stand side by side, from a multiple of `partSize` on. A document's batch, and with it
 * the last bits of its scores, depends on its part alone.
 */
export interface Part extends Asked {
  /** Index of its first document. */
  start: number;
  length: number;
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

/** All of a run's documents of a benchmark, and what is asked about them. */
export class Parts {
  /** By document. */
  readonly asked: List<AskedDocument>;
  readonly all: readonly Part[];
  readonly starts: readonly number[];

  static readonly #made = new WeakMap<object, Parts>();

  /** Made once for all checkpoints that are asked the same. */
  static from(loaded: LoadedTask): Parts {
    const parts = Parts.#made.get(loaded) ?? new Parts(loaded);
    Parts.#made.set(loaded, parts);
    return parts;
  }

  private constructor({ documents, task, cuts }: LoadedTask) {
    // A document's batches must not depend on more of the others.
    const trunk = commonBeginning(documents.slice(0, partSize).map((document) => askedOf(document, task)));
    this.asked = new MadeList(documents.length, (i) => withTrunk(askedOf(documents.at(i)!, task), trunk, i === 0));
    this.starts = partStarts(documents.length, cuts);
    this.all = this.starts.map((start, k) => {
      const asked = this.asked.slice(start, this.starts[k + 1]);
      const texts = asked.map(({ requests, rolling }, i) => [documents.at(start + i)!.index, rolling, requests]);
      return { start, length: asked.length, digest: sha256(JSON.stringify(texts)) };
    });
  }

  /** The part that a document is in, by its index. */
  of(index: number): Part {
    // Parts are no larger than that, so that it is this one or one behind it.
    let at = Math.floor(index / partSize);
    while (this.starts[at + 1] <= index) at++;
    return this.all[at];
  }
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
