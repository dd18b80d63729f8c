import { describe, expect, test } from 'vitest';
import { Documents, wordsOf } from '../../../src/report/html/browser/documents.ts';
import { filterDocuments, type Query, sortDocuments } from '../../../src/report/html/browser/selection.ts';
import type { Columns, PageBenchmark, PageDocument } from '../../../src/report/html/page_data.ts';

const benchmarks: PageBenchmark[] = [
  { title: 'ARC-E', metric: 'acc', description: null, higherIsBetter: true },
  { title: 'WikiText', metric: 'bits', description: null, higherIsBetter: false },
];

const none = Number.NaN;

/** Five documents of two models, the models side by side. */
const columns: Columns = {
  ids: Int32Array.of(1, 2, 3, 11, 12),
  benchmarks: Uint16Array.of(0, 0, 0, 1, 1),
  scores: Float32Array.of(1, 1, 0, 1, 0, 0, 1.5, 1.25, 2, none),
  margins: Float32Array.of(1, 8, -1, 1, -6, -6, 2, none, none, none),
  probabilities: Float32Array.of(0.7, 0.9, 0.25, 0.75, 0, 0, none, none, none, none),
  flags: Uint8Array.of(0, 0, 1, 0, 0, 2, 0, 0, 3, 0),
};

function ids(changes: Partial<Query>): number[] {
  const query = { benchmark: null, show: 'all', sort: 'order', baseline: 0, ...changes };
  const selected = filterDocuments(columns, benchmarks, query);
  return sortDocuments(columns, benchmarks, selected, query.sort).map((i) => columns.ids[i]);
}

describe('documents are filtered', () => {
  test('by benchmark', () => {
    expect(ids({ benchmark: 0 })).toEqual([1, 2, 3]);
  });

  test('by who has them right', () => {
    expect(ids({ show: 'differ' })).toEqual([2, 11]);
    expect(ids({ show: 'right' })).toEqual([1]);
    expect(ids({ show: 'wrong' })).toEqual([3]);
    expect(ids({ show: 'right 1' })).toEqual([1, 2]);
    expect(ids({ show: 'wrong 0' })).toEqual([2, 3]);
  });

  test('by what a model gains and loses against the baseline, whichever way is better', () => {
    expect(ids({ show: 'gain 1' })).toEqual([2, 11]);
    expect(ids({ show: 'loss 1' })).toEqual([]);
    expect(ids({ show: 'loss 0', baseline: 1 })).toEqual([2, 11]);
  });

  test('by how texts ended, and whether an answer was found', () => {
    expect(ids({ show: 'cutOff' })).toEqual([2, 12]);
    expect(ids({ show: 'noAnswer' })).toEqual([3, 12]);
  });
});

describe('documents are sorted', () => {
  test('by the margin of a model, those without one last', () => {
    expect(ids({ sort: 'low 0' })).toEqual([3, 2, 1, 11, 12]);
    expect(ids({ sort: 'high 1' })).toEqual([1, 2, 3, 11, 12]);
  });

  test('by how far the models are apart', () => {
    expect(ids({ sort: 'spread' })).toEqual([2, 11, 1, 3, 12]);
  });

  test('by how well they went, the worst first', () => {
    expect(ids({ sort: 'failures' })).toEqual([12, 11, 3, 2, 1]);
    expect(ids({ sort: 'worst 1', benchmark: 0 })).toEqual([3, 1, 2]);
  });
});

describe('words are found', () => {
  const contexts = ['What is red?', 'what is BLUE', 'Red and blue', null, ''];
  const made = contexts.map((context, i): PageDocument => {
    const written = [{ text: 'So Forty-two', answer: null, correct: null, outcome: null, tokens: null, finish: null }];
    const answer = { scores: [], chosen: null, score: 0, ...(i === 4 ? { written } : {}) };
    return { benchmark: i < 3 ? 0 : 1, id: columns.ids[i], context, choices: ['Gold'], gold: 0, answers: [answer] };
  });
  /** In parts of two and three. */
  const parts = [made.slice(0, 2), made.slice(2)];

  async function find(search: string, among = [0, 1, 2, 3, 4], over = false) {
    const read: number[] = [];
    const documents = new Documents([0, 2], benchmarks, async (part) => {
      read.push(part);
      return JSON.stringify(parts[part]);
    });
    const found = await documents.having(among, { words: wordsOf(search), onProgress: () => {}, isOver: () => over });
    return { found, read, documents };
  }

  test('anywhere, in upper or lower case, also in what models wrote', async () => {
    expect((await find('blue  What')).found).toEqual([1]);
    expect((await find('RED')).found).toEqual([0, 2]);
    expect((await find('gold')).found).toEqual([0, 1, 2, 3, 4]);
    expect((await find('forty-TWO')).found).toEqual([4]);
    expect((await find('wikitext #11')).found).toEqual([3]);
    expect((await find('nowhere')).found).toEqual([]);
  });

  test('among the documents that are asked for, reading no part without one', async () => {
    expect(await find('red', [2, 3])).toMatchObject({ found: [2], read: [1] });
    expect(await find('red', [0, 1])).toMatchObject({ found: [0], read: [0] });
  });

  test('until nobody waits for them', async () => {
    expect((await find('gold', undefined, true)).found).toEqual([]);
  });

  test('and parts are read once', async () => {
    const { documents, read } = await find('red');
    expect((await documents.at([4, 0, 2])).map(({ id }) => id)).toEqual([12, 1, 3]);
    expect(read).toEqual([0, 1]);
  });
});
