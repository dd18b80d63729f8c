import type { BenchmarkResults, GroupResults, MetricResult, ModelResults } from '../model_results.ts';

/** What is left out of a model's merged results, as newer figures of the same are there. */
export interface PassedOver {
  model: string;
  benchmarks: string[];
  files: string[];
}

/**
 * One model's results as one: of each benchmark, number of examples in the prompt and metric, the newest figure counts.
 * Files of other weights than the newest one's are passed over whole.
 *
 * @param files at least one, the newest first
 */
export function mergeResults(files: readonly ModelResults[]): { model: ModelResults; passedOver: PassedOver | null } {
  const [newest] = files;
  const same = files.filter(({ weights }) => !weights || !newest.weights || weights === newest.weights);
  const model: ModelResults = {
    ...newest,
    parameters: firstKnown(same.map(({ parameters }) => parameters)),
    trainedTokens: firstKnown(same.map(({ trainedTokens }) => trainedTokens)),
    weights: firstKnown(same.map(({ weights }) => weights)),
    honSetting: firstKnown(same.map((file) => file.honSetting)),
    base: firstKnown(same.map(({ base }) => base)),
    benchmarks: mergeFigures(same.flatMap(({ benchmarks }) => benchmarks)),
    groups: mergeFigures(same.flatMap(({ groups }) => groups)),
  };
  return { model, passedOver: passedOver(files, model) };
}

/** The first of each name and number of examples, with the others' figures of further metrics. */
function mergeFigures<B extends BenchmarkResults | GroupResults>(all: readonly B[]): B[] {
  const same = Map.groupBy(all, ({ name, shots }) => JSON.stringify([name, shots]));
  return [...same.values()].map((evaluations) => {
    const figures = new Map<string, MetricResult>();
    for (const evaluation of evaluations)
      for (const [metric, figure] of evaluation.figures) if (!figures.has(metric)) figures.set(metric, figure);
    return { ...evaluations[0], figures };
  });
}

function passedOver(files: readonly ModelResults[], { name, benchmarks }: ModelResults): PassedOver | null {
  const kept = new Set(benchmarks.flatMap(({ figures }) => [...figures.values()]));
  const left = files
    .flatMap((file) => file.benchmarks.map((benchmark) => ({ file: file.file, ...benchmark })))
    .filter(({ figures }) => [...figures.values()].some((figure) => !kept.has(figure)));
  if (left.length === 0) return null;
  return {
    model: name,
    benchmarks: unique(left.map((each) => each.name)),
    files: unique(left.map(({ file }) => file)),
  };
}

function firstKnown<T>(values: readonly (T | null)[]): T | null {
  return values.find((value) => value !== null) ?? null;
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
