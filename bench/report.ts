import type { HonResult, Results, ShapeResult } from './measure.ts';
import type { Timing } from './peer.ts';
import { cpuProduct, productFlops } from './product.ts';
import { geometricMean, median, medianBy } from './statistics.ts';
import type { TaskResult } from './turns.ts';

/** The results as Markdown, for docs/benchmarks.md. */
export function markdown({ machine, versions, shapes }: Results): string {
  const { cpu, threads, memoryBytes } = machine;
  const used = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${cpu}, ${threads} threads, ${gib(memoryBytes)} of memory; ${used.join(', ')}. Float32; the ` +
      'median of the runs, in brackets their range.',
    ...shapes.flatMap(describeShape),
  ].join('\n\n');
}

function describeShape(shape: ShapeResult): string[] {
  const ratios = shape.tasks.map(ratio);
  const rateOf = (seconds: number[]) => `${gigaflops(productFlops(cpuProduct) / median(seconds))} GFLOP/s`;
  const { peakBytes, products } = shape;
  return [
    `### ${shape.shape}, ${Math.round(shape.parameters / 1e6)} million parameters`,
    speedTable(shape),
    `Geometric mean of the ratios ${geometricMean(ratios).toFixed(2)}, smallest ${Math.min(...ratios).toFixed(2)}. ` +
      `Peak memory: lm-eval ${gib(peakBytes.lmEval)}, hon-eval ${gib(peakBytes.honEval)}; the weights are ` +
      `${gib(shape.weightBytes)}. Plain matrix product: ONNX Runtime ${rateOf(products.onnxruntime)}, torch ` +
      `${rateOf(products.torch)}.`,
    timeTable(shape),
    ...(shape.hon.length > 1 ? [honTable(shape)] : []),
  ];
}

function speedTable(shape: ShapeResult): string {
  const plain = productFlops(cpuProduct) / median(shape.products.onnxruntime);
  const header = [
    'task',
    'documents',
    'lm-eval documents/s, batch size',
    'hon-eval documents/s',
    'ratio',
    'FLOP ratio',
    'hon-eval requests/s',
    'GFLOP/s (of plain product)',
    'largest difference',
  ];
  const rows = shape.tasks.map((task) => {
    const run = middle(task.honEval);
    const rate = run.flops / run.seconds;
    return [
      task.task,
      `${task.documents}`,
      `${documentRate(task.baseline, task.documents)}, ${task.batchSize}`,
      documentRate(task.honEval, task.documents),
      ratio(task).toFixed(2),
      (run.flopsAlone / run.flops).toFixed(2),
      number(task.requests / run.seconds),
      `${gigaflops(rate)} (${percent(rate / plain)})`,
      task.agreement.largest.toExponential(1),
    ];
  });
  return table(header, rows);
}

/** Where the time goes, in seconds of the median run. */
function timeTable(shape: ShapeResult): string {
  const header = [
    'task',
    'lm-eval, s',
    'its tokenizing',
    'hon-eval, s',
    'its tokenizing',
    'packing',
    'backend',
    'backend idle',
    'tokens fed',
    'padding',
  ];
  const rows = shape.tasks.map((task) => {
    const theirs = middle(task.baseline);
    const { seconds, tokenizing, packing, backend, tokens, cells } = middle(task.honEval);
    const times = [theirs.seconds, theirs.tokenizing, seconds, tokenizing, packing, backend, seconds - backend];
    return [task.task, ...times.map((time) => time.toFixed(2)), `${tokens}`, percent(1 - tokens / cells)];
  });
  return table(header, rows);
}

/** Documents a second of each Hon order, and how many times the first one's time and FLOPs it takes. */
function honTable({ hon, tasks }: ShapeResult): string {
  const [first, ...others] = hon;
  const speed = ({ order }: HonResult) => `order ${order} documents/s`;
  const header = ['task', speed(first), ...others.flatMap((other) => [speed(other), 'time ratio', 'FLOP ratio'])];
  const rows = tasks.map(({ task, documents }, t) => {
    const base = middle(first.runs[t]);
    const figures = others.flatMap(({ runs }) => {
      const { seconds, flops } = middle(runs[t]);
      const ratios = [seconds / base.seconds, flops / base.flops].map((ratio) => ratio.toFixed(2));
      return [documentRate(runs[t], documents), ...ratios];
    });
    return [task, documentRate(first.runs[t], documents), ...figures];
  });
  const peaks = hon.map(({ order, peakBytes }) => `order ${order} ${gib(peakBytes)}`);
  return `${table(header, rows)}\n\nPeak memory: ${peaks.join(', ')}.`;
}

export function ratio({ baseline, honEval }: TaskResult): number {
  return middle(baseline).seconds / middle(honEval).seconds;
}

/** The median run. */
export function middle<T extends Timing>(runs: T[]): T {
  return medianBy(runs, (run) => run.seconds);
}

export function documentRate(runs: Timing[], documents: number): string {
  const rates = runs.map((run) => documents / run.seconds);
  const typical = documents / middle(runs).seconds;
  return `${number(typical)} (${number(Math.min(...rates))}-${number(Math.max(...rates))})`;
}

/** Three digits, or all that stand before the point. */
export function number(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function gigaflops(flopsPerSecond: number): string {
  return (flopsPerSecond / 1e9).toFixed(0);
}

export function gib(bytes?: number): string {
  if (bytes === undefined) return 'not known';
  return `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(0)}%`;
}

export function table(header: string[], rows: string[][]): string {
  const widths = header.map((name, c) => Math.max(name.length, ...rows.map((row) => row[c].length)));
  const line = (cells: string[]) => `| ${cells.map((cell, c) => cell.padEnd(widths[c])).join(' | ')} |`;
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
