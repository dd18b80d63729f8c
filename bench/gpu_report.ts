import type { GpuModelResult, GpuResults } from './gpu_measure.ts';
import { productFlops } from './product.ts';
import { documentRate, gib, middle, number, percent, ratio, table } from './report.ts';
import { geometricMean, median } from './statistics.ts';

/** The results as Markdown, for docs/benchmarks.md. */
export function gpuMarkdown({ machine, versions, product, models }: GpuResults): string {
  const { device, cpu, threads } = machine;
  const used = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${device}; ${cpu}, ${threads} threads; ${used.join(', ')}. The median of the runs, in brackets their range.`,
    summary(models, product),
    ...models.flatMap((model) => describeModel(model, product)),
  ].join('\n\n');
}

function title({ shape, order, dtype }: GpuModelResult): string {
  return `Pythia-${shape.toUpperCase()}, order ${order}, ${dtype}`;
}

/** The rate of torch's plain product, in operations a second. */
function plainRate(model: GpuModelResult, product: GpuResults['product']): number {
  return productFlops(product) / median(model.products);
}

/** All documents by the sum of the median times. */
function wholeRate({ tasks }: GpuModelResult): number {
  const runs = tasks.map(({ honEval }) => middle(honEval));
  return sum(runs.map((run) => run.flops)) / sum(runs.map((run) => run.seconds));
}

function summary(models: GpuModelResult[], product: GpuResults['product']): string {
  const header = [
    'model',
    'documents/s',
    'compared with',
    'ratio: geometric mean, smallest',
    'TFLOP/s',
    'of plain product',
    'peak memory: the other, hon-eval',
  ];
  const rows = models.map((model) => {
    const { tasks, peakBytes } = model;
    const documents = sum(tasks.map((task) => task.documents)) / sum(tasks.map((task) => middle(task.honEval).seconds));
    const ratios = tasks.map(ratio);
    const rate = wholeRate(model);
    return [
      title(model),
      number(documents),
      model.baseline,
      `${geometricMean(ratios).toFixed(2)}, ${Math.min(...ratios).toFixed(2)}`,
      teraflops(rate),
      percent(rate / plainRate(model, product)),
      `${gib(peakBytes.baseline)}, ${gib(peakBytes.honEval)}`,
    ];
  });
  return table(header, rows);
}

function describeModel(model: GpuModelResult, product: GpuResults['product']): string[] {
  const plain = plainRate(model, product);
  const header = [
    'task',
    'documents',
    `${model.baseline} documents/s, batch size`,
    'hon-eval documents/s',
    'ratio',
    'TFLOP/s (of plain product)',
    'backend idle, s',
    'padding',
    'difference: largest, mean',
    'same choices',
  ];
  const rows = model.tasks.map((task) => {
    const { seconds, backend, flops, tokens, cells } = middle(task.honEval);
    const { largest, mean, sameChoices } = task.agreement;
    return [
      task.task,
      `${task.documents}`,
      `${documentRate(task.baseline, task.documents)}, ${task.batchSize}`,
      documentRate(task.honEval, task.documents),
      ratio(task).toFixed(2),
      `${teraflops(flops / seconds)} (${percent(flops / seconds / plain)})`,
      (seconds - backend).toFixed(2),
      percent(1 - tokens / cells),
      `${largest.toExponential(1)}, ${mean.toExponential(1)}`,
      `${(100 * sameChoices).toFixed(1)}%`,
    ];
  });
  return [
    `### ${title(model)}, against ${model.baseline}`,
    table(header, rows),
    `Plain ${product.join(' x ')} matrix product of PyTorch in ${model.dtype}: ${teraflops(plain)} TFLOP/s.`,
  ];
}

function teraflops(flopsPerSecond: number): string {
  return number(flopsPerSecond / 1e12);
}

function sum(values: number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
