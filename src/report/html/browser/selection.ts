import { flags } from '../flags.ts';
import type { Columns, PageBenchmark } from '../page_data.ts';

/** What of the documents is asked for, and in which order. */
export interface Query {
  /** Index, or null for all. */
  benchmark: number | null;
  /** `all`, `differ`, `right`, `wrong`, `cutOff`, `noAnswer`; with a model's index, `right 0`, `wrong 0`, `gain 0`, `loss 0`. */
  show: string;
  /** `order`, `failures`, `spread`; with a model's index, `low 0`, `high 0`, `worst 0`. */
  sort: string;
  /** Index of the model that gains and losses are against. */
  baseline: number;
}

/** Indices of the documents that are asked for, ascending. */
export function filterDocuments(
  columns: Columns,
  benchmarks: readonly PageBenchmark[],
  { benchmark, show, baseline }: Query,
): number[] {
  const [kind, model] = parseChoice(show);
  const isShown = (i: number): boolean => {
    if (kind in flags) return hasFlag(cellsOf(columns, 'flags', i), flags[kind as keyof typeof flags]);
    if (kind !== 'gain' && kind !== 'loss') return hasScores(cellsOf(columns, 'scores', i, model), kind);
    const scores = cellsOf(columns, 'scores', i);
    return changes(scores[baseline], scores[model], benchmarks[columns.benchmarks[i]].higherIsBetter) === kind;
  };
  const found: number[] = [];
  for (const [i, own] of columns.benchmarks.entries())
    if ((benchmark === null || own === benchmark) && isShown(i)) found.push(i);
  return found;
}

/** What a column has of a document: of all models side by side, or of one. @param model -1 for all */
function cellsOf<K extends 'scores' | 'margins' | 'probabilities' | 'flags'>(
  columns: Columns,
  name: K,
  i: number,
  model = -1,
): Columns[K] {
  const models = columns.scores.length / columns.ids.length;
  const [start, end] = model < 0 ? [0, models] : [model, model + 1];
  return columns[name].subarray(i * models + start, i * models + end) as Columns[K];
}

/** A kind of selection, and the model that it is of; -1 for all. */
function parseChoice(text: string): [kind: string, model: number] {
  const [kind, model] = text.split(' ');
  return [kind, Number(model ?? -1)];
}

/** NaN, of a model that has not the document, is neither. */
function changes(before: number, after: number, higherIsBetter: boolean): 'gain' | 'loss' | null {
  if (after > before) return higherIsBetter ? 'gain' : 'loss';
  return after < before ? (higherIsBetter ? 'loss' : 'gain') : null;
}

function hasFlag(cells: Uint8Array, flag: number): boolean {
  return cells.some((cell) => (cell & flag) !== 0);
}

function hasScores(scores: Float32Array, kind: string): boolean {
  if (kind === 'all') return true;
  const known = scores.filter((score) => !Number.isNaN(score));
  if (kind === 'differ') return known.some((score) => score !== known[0]);
  return known.length > 0 && known.every((score) => score === (kind === 'right' ? 1 : 0));
}

/** Sorts indices of documents; those without the number that counts come last. */
export function sortDocuments(
  columns: Columns,
  benchmarks: readonly PageBenchmark[],
  selected: readonly number[],
  sort: string,
): number[] {
  const [kind, model] = parseChoice(sort);
  if (kind === 'order') return [...selected];
  const cells = (name: 'scores' | 'margins' | 'probabilities', i: number) => cellsOf(columns, name, i, model);
  const howWell = (i: number) => goodness(cells('scores', i), benchmarks[columns.benchmarks[i]]);
  const keyOf: Record<string, (i: number) => number> = {
    failures: howWell,
    worst: howWell,
    spread: (i) => -spread(cells('probabilities', i), cells('scores', i)),
    low: (i) => cells('margins', i)[0],
    high: (i) => -cells('margins', i)[0],
  };
  const keys = Float64Array.from(selected, keyOf[kind]);
  const order = Uint32Array.from(selected.keys()).sort((a, b) => compareKeys(keys[a], keys[b]) || a - b);
  return Array.from(order, (i) => selected[i]);
}

function compareKeys(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Mean over the models that have the document, more where they are better; NaN where none has. */
function goodness(scores: Float32Array, { higherIsBetter }: PageBenchmark): number {
  let [total, count] = [0, 0];
  for (const score of scores) {
    if (Number.isNaN(score)) continue;
    total += score;
    count++;
  }
  return ((higherIsBetter ? 1 : -1) * total) / count;
}

/** How far the models' probabilities of the right choice are apart, or else their scores; NaN of fewer than two. */
function spread(probabilities: Float32Array, scores: Float32Array): number {
  const known = [probabilities, scores]
    .map((values) => values.filter((value) => !Number.isNaN(value)))
    .find(({ length }) => length > 1);
  return known ? Math.max(...known) - Math.min(...known) : Number.NaN;
}
