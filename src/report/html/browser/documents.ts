import type { PageBenchmark, PageDocument } from '../page_data.ts';

/** Parts that are kept ready: more than a page of the list is ever made of. */
const keptParts = 32;
/** Parts that are unpacked at once. */
const partsAhead = 8;

export interface Search {
  words: readonly string[];
  /** Told how much of the texts has been seen, 0 to 1. */
  onProgress(share: number): void;
  /** Whether nobody waits for the answer any more. */
  isOver(): boolean;
}

/** The documents of a page, of which some are unpacked and all can be searched. */
export class Documents {
  readonly #starts: readonly number[];
  readonly #benchmarks: readonly PageBenchmark[];
  readonly #read: (part: number) => Promise<string>;
  readonly #parts = new Map<number, Promise<PageDocument[]>>();
  /** By part, each document's texts in lower case. */
  readonly #texts: Promise<string[]>[] = [];

  /**
   * @param starts index of each part's first document
   * @param read a part's JSON
   */
  constructor(
    starts: readonly number[],
    benchmarks: readonly PageBenchmark[],
    read: (part: number) => Promise<string>,
  ) {
    this.#starts = starts;
    this.#benchmarks = benchmarks;
    this.#read = read;
  }

  /** Documents by their indices. */
  async at(indices: readonly number[]): Promise<PageDocument[]> {
    const parts = indices.map((index) => this.#starts.findLastIndex((start) => start <= index));
    return Promise.all(indices.map(async (index, i) => (await this.#part(parts[i]))[index - this.#starts[parts[i]]]));
  }

  /** Unpacks all texts, so that the first search need not. */
  async prepare(): Promise<void> {
    for (const part of this.#starts.keys()) await this.#textsOf(part, Number.POSITIVE_INFINITY);
  }

  /** Those of some documents, ascending, that have all words. */
  async having(indices: readonly number[], { words, onProgress, isOver }: Search): Promise<number[]> {
    const found: number[] = [];
    const last = indices[indices.length - 1];
    let next = 0;
    for (const [part, start] of this.#starts.entries()) {
      const end = this.#starts[part + 1] ?? Number.POSITIVE_INFINITY;
      if (next === indices.length || indices[next] >= end) continue;
      const texts = await this.#textsOf(part, last);
      if (isOver()) return [];
      onProgress(part / this.#starts.length);
      for (; next < indices.length && indices[next] < end; next++) {
        const text = texts[indices[next] - start];
        if (words.every((word) => text.includes(word))) found.push(indices[next]);
      }
    }
    return found;
  }

  /** Texts of a part; those after it, up to some document, are unpacked meanwhile. */
  #textsOf(part: number, last: number): Promise<string[]> {
    for (let ahead = part; ahead < part + partsAhead && this.#starts[ahead] <= last; ahead++) {
      this.#texts[ahead] ??= this.#part(ahead).then((documents) =>
        documents.map((document) => searchText(document, this.#benchmarks)),
      );
    }
    return this.#texts[part];
  }

  #part(part: number): Promise<PageDocument[]> {
    const known = this.#parts.get(part);
    const documents = known ?? this.#read(part).then((json) => JSON.parse(json) as PageDocument[]);
    // The one that was wanted last goes last.
    this.#parts.delete(part);
    this.#parts.set(part, documents);
    if (this.#parts.size > keptParts) this.#parts.delete(this.#parts.keys().next().value!);
    return documents;
  }
}

/** Words of a search, in lower case. */
export function wordsOf(search: string): string[] {
  return search.toLowerCase().split(/\s+/).filter(Boolean);
}

function searchText(document: PageDocument, benchmarks: readonly PageBenchmark[]): string {
  const { benchmark, id, context, choices, target } = document;
  const place = `${benchmarks[benchmark].title} #${id}`;
  return [place, context ?? '', ...choices, target ?? '', ...writtenTexts(document)].join('\n').toLowerCase();
}

/** What the models wrote, one after another. */
export function writtenTexts({ answers }: PageDocument): string[] {
  return answers.flatMap((answer) => answer?.written?.map(({ text }) => text) ?? []);
}
