import { formatDifference, formatFigure, formatInterval } from '../output/figures.ts';
import { plainTable } from '../output/plain_table.ts';
import { plainText } from '../output/plain_text.ts';
import { bold } from '../output/terminal.ts';
import { wrapWords } from '../output/wrap.ts';
import type { AnsweredDocument } from '../results/read/documents.ts';
import type { ComparedBenchmark, ComparedFigures, Comparison } from './comparison.ts';

/** A comparison for a terminal: what differs and by how much, and what the documents could have shown. */
export function renderComparison(comparison: Comparison, width = Number.POSITIVE_INFINITY): string {
  const { first, second, confidence, benchmarks, average, caveats } = comparison;
  const rows: [string, string, ComparedFigures | ComparedBenchmark][] = [
    ...benchmarks.map((each): [string, string, ComparedBenchmark] => [
      each.benchmark.title,
      each.size === null ? '–' : String(each.size),
      each,
    ]),
    ...(average ? [['Avg.', '', average] satisfies [string, string, ComparedFigures]] : []),
  ];
  const interval = `${Number((confidence * 100).toFixed(4))}% interval`;
  return [
    plainText(`A: ${first}`),
    plainText(`B: ${second}`),
    '',
    plainTable(
      ['Benchmark', 'documents', 'A', 'B', 'B - A', interval, 'p', 'Holm'],
      rows.map(([title, size, figures]) => [title, size, ...differenceCells(figures)]),
      1,
    ),
    '',
    plainTable(
      ['Benchmark', 'only A right', 'only B right', 'bootstrap interval', 'smallest visible'],
      rows.map(([title, , figures]) => [title, ...documentCells(figures)]),
      1,
    ),
    '',
    ...[
      `Metric: ${metricsOf(benchmarks)}. p: ${testsOf(benchmarks)}${average ? "; of the average, Student's t" : ''}.`,
      'Smallest visible: the difference that would be found at .05 in four of five cases.',
      ...caveats.map(plainText),
    ].flatMap((note) => wrapWords(note, width)),
  ].join('\n');
}

/** The documents that one model got right and the other wrong, with all choices' scores; `*` is the right choice. */
export function renderFlips(flips: readonly AnsweredDocument[], style: { bold: boolean }): string {
  return flips.map((document) => renderFlip(document, style)).join('\n\n');
}

function renderFlip({ benchmark, id, context, choices, gold, answers }: AnsweredDocument, style: { bold: boolean }) {
  const [first, second] = answers;
  const winner = first!.score > second!.score ? 'A' : 'B';
  const title = plainText(`${benchmark.title} ${id}: only ${winner} right`);
  const { confidential } = benchmark;
  const rows = choices.map((choice, i) => [
    i === gold ? '*' : '',
    ...[first!, second!].flatMap(({ deciding, chosen }) => [deciding?.[i]?.toFixed(3) ?? '–', chosen === i ? '<' : '']),
    confidential ? `choice ${i}` : shorten(choice, 60),
  ]);
  return [
    style.bold ? bold(title) : title,
    ...(confidential ? [] : [shorten(context, 300)]),
    plainTable(['', 'A', '', 'B', '', 'choice (< chosen, * right)'], rows),
  ].join('\n');
}

/** The end of a text is what the choices continue. */
function shorten(text: string, length: number): string {
  const characters = [...plainText(text)];
  return characters.length <= length ? characters.join('') : `…${characters.slice(1 - length).join('')}`;
}

function differenceCells(figures: ComparedFigures | ComparedBenchmark): string[] {
  const { first, second, difference, interval, pValue } = figures;
  return [
    formatFigure(first),
    formatFigure(second),
    formatDifference(difference.value),
    formatInterval(interval),
    formatPValue(pValue),
    'adjustedPValue' in figures ? formatPValue(figures.adjustedPValue) : '',
  ];
}

function documentCells(figures: ComparedFigures | ComparedBenchmark): string[] {
  const flips = 'flips' in figures ? figures.flips : null;
  return [
    flips ? String(flips.lost) : '',
    flips ? String(flips.gained) : '',
    formatInterval(figures.bootstrap),
    figures.detectable === null ? '–' : formatFigure(figures.detectable),
  ];
}

/** `.012`; `<.001` for less, as journals print it. */
export function formatPValue(value: number | null): string {
  if (value === null) return '–';
  return value < 0.0005 ? '<.001' : formatFigure(value);
}

function metricsOf(benchmarks: readonly ComparedBenchmark[]): string {
  const byMetric = Map.groupBy(benchmarks, ({ benchmark }) => benchmark.metric);
  if (byMetric.size === 1) return plainText([...byMetric.keys()][0]);
  const parts = [...byMetric].map(
    ([metric, list]) => `${metric} of ${list.map((each) => each.benchmark.title).join(', ')}`,
  );
  return plainText(parts.join('; '));
}

function testsOf(benchmarks: readonly ComparedBenchmark[]): string {
  const tests = benchmarks.map(({ paired, flips }) =>
    flips ? "McNemar's exact test" : paired ? "Student's paired t test" : "Welch's t test",
  );
  return [...new Set(tests)].join(', ');
}
