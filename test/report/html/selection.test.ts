import { describe, expect, test } from 'vitest';
import { type Query, selectDocuments } from '../../../src/report/html/browser/selection.ts';
import type { PageData, PageDocument } from '../../../src/report/html/page_data.ts';

/** A document whose first choice is right; log-likelihoods by model. */
function made(id: number, context: string | null, ...scores: ((number | string)[] | null)[]): PageDocument {
  const answers = scores.map((values) => {
    if (!values) return null;
    const numbers = values.map(Number);
    const chosen = numbers.indexOf(Math.max(...numbers));
    return { scores: values, chosen, score: chosen === 0 ? 1 : 0 };
  });
  return { benchmark: id < 10 ? 0 : 1, id, context, choices: ['Gold', 'wrong'], gold: 0, answers };
}

const data: PageData = {
  models: [
    { name: 'a', label: 'a' },
    { name: 'b', label: 'b' },
  ],
  benchmarks: ['ARC-E', 'PIQA'],
  documents: [
    made(1, 'What is red?', [-1, -2], [-1, -9]),
    made(2, 'what is BLUE', [-3, -2], [-1, -2]),
    made(11, 'Red and blue', [-8, -2], [-8, -2]),
    made(12, null, [-1, -3], null),
    made(13, 'no number', ['NaN', -1], ['-Infinity', -1]),
  ],
};

function ids(changes: Partial<Query>): number[] {
  const query = { search: '', benchmark: null, show: 'all', sort: 'order', ...changes };
  return selectDocuments(data, query).map((i) => data.documents[i].id);
}

describe('documents are found', () => {
  test('by words anywhere, in upper or lower case', () => {
    expect(ids({ search: 'blue what' })).toEqual([2]);
    expect(ids({ search: 'RED' })).toEqual([1, 11]);
    expect(ids({ search: 'gold' })).toHaveLength(5);
    expect(ids({ search: 'nowhere' })).toEqual([]);
  });

  test('by benchmark and number', () => {
    expect(ids({ search: 'piqa #12' })).toEqual([12]);
    expect(ids({ benchmark: 0 })).toEqual([1, 2]);
  });

  test('by who has them right', () => {
    expect(ids({ show: 'differ' })).toEqual([2]);
    expect(ids({ show: 'right' })).toEqual([1, 12]);
    expect(ids({ show: 'wrong' })).toEqual([11, 13]);
    expect(ids({ show: 'right 1' })).toEqual([1, 2]);
    expect(ids({ show: 'wrong 0' })).toEqual([2, 11, 13]);
  });
});

describe('documents are sorted', () => {
  test('by the margin of a model, those without one last', () => {
    expect(ids({ sort: 'low 0' })).toEqual([11, 2, 1, 12, 13]);
    expect(ids({ sort: 'high 0' })).toEqual([12, 1, 2, 11, 13]);
    expect(ids({ sort: 'low 1' })).toEqual([13, 11, 2, 1, 12]);
  });

  test('by how far the models are apart', () => {
    expect(ids({ sort: 'spread' }).slice(0, 2)).toEqual([2, 1]);
    expect(ids({ sort: 'spread' }).at(2)).toBe(11);
  });
});
