import { goldMargin, softmax } from '../../../metrics/softmax.ts';
import type { PageData, PageDocument } from '../page_data.ts';

/** What of the documents is asked for, and in which order. */
export interface Query {
  /** Words that all have to be in a document. */
  search: string;
  /** Index, or null for all. */
  benchmark: number | null;
  /** `all`, `differ`, `right`, `wrong`; with a model's index, `right 0` and `wrong 0`. */
  show: string;
  /** `order`, `spread`; with a model's index, `low 0` and `high 0`. */
  sort: string;
}

/** Indices of the documents. */
export function selectDocuments(data: PageData, query: Query): number[] {
  const words = query.search.toLowerCase().split(/\s+/).filter(Boolean);
  const [show, shownModel] = parseChoice(query.show);
  const selected = [...data.documents.keys()].filter((i) => {
    const each = data.documents[i];
    if (query.benchmark !== null && each.benchmark !== query.benchmark) return false;
    return isShown(each, show, shownModel) && (words.length === 0 || hasWords(searchText(data, each), words));
  });
  return sortDocuments(data.documents, selected, query.sort);
}

function parseChoice(text: string): [kind: string, model: number] {
  const [kind, model] = text.split(' ');
  return [kind, Number(model ?? -1)];
}

function isShown({ answers }: PageDocument, show: string, model: number): boolean {
  if (show === 'all') return true;
  const known = (model < 0 ? answers : [answers[model]]).filter((answer) => answer !== null);
  const right = known.filter(({ score }) => score === 1).length;
  if (show === 'differ') return right > 0 && right < known.length;
  return known.length > 0 && right === (show === 'right' ? known.length : 0);
}

function hasWords(text: string, words: readonly string[]): boolean {
  return words.every((word) => text.includes(word));
}

function writtenBy({ answers }: PageDocument): string[] {
  return answers.flatMap((answer) => answer?.written?.map(({ text }) => text) ?? []);
}

const searchTexts = new WeakMap<PageDocument, string>();

function searchText({ benchmarks }: PageData, each: PageDocument): string {
  let text = searchTexts.get(each);
  if (text === undefined) {
    const parts = [
      `${benchmarks[each.benchmark]} #${each.id}`,
      each.context ?? '',
      ...each.choices,
      each.target ?? '',
      ...writtenBy(each),
    ];
    text = parts.join('\n').toLowerCase();
    searchTexts.set(each, text);
  }
  return text;
}

function sortDocuments(documents: readonly PageDocument[], selected: number[], sort: string): number[] {
  const [kind, model] = parseChoice(sort);
  if (kind === 'order') return selected;
  const keys = new Map(
    selected.map((i) => [i, kind === 'spread' ? spread(documents[i]) : margin(documents[i], model)]),
  );
  const sign = kind === 'low' ? 1 : -1;
  // What has no such number comes last.
  return selected.toSorted((a, b) => {
    const [first, second] = [keys.get(a) ?? null, keys.get(b) ?? null];
    if (first === null || second === null) return Number(first === null) - Number(second === null);
    return sign * (first - second);
  });
}

/** Log-likelihoods of a document's choices under a model; empty where there are none. */
export function scoresOf({ answers }: PageDocument, model: number): number[] {
  return answers[model]?.scores.map(Number) ?? [];
}

/** Of the right choice over the best wrong one; null where it is not a number. */
export function margin(each: PageDocument, model: number): number | null {
  const value = goldMargin(scoresOf(each, model), each.gold);
  return value === null || Number.isNaN(value) ? null : value;
}

/** How far the models' probabilities of the right choice are apart; null where fewer than two models have one. */
function spread(each: PageDocument): number | null {
  const { gold } = each;
  if (gold === null) return null;
  const shares = each.answers.map((_, model) => softmax(scoresOf(each, model))[gold]);
  const known = shares.filter((share) => share !== undefined && !Number.isNaN(share));
  return known.length < 2 ? null : Math.max(...known) - Math.min(...known);
}
