import { HonEvalError } from '../../errors.ts';
import { mean } from '../../metrics/statistics.ts';
import { type Benchmark, figureOf } from '../benchmarks.ts';
import type { MetricResult, ModelResults } from '../model_results.ts';
import { readSamples, type Sample } from './samples.ts';

/** A model's documents of one benchmark, in the data set's order, with what is needed to pair them. */
export interface Outcomes {
  ids: number[];
  docHashes: string[];
  requestsHashes: string[];
  /** By the benchmark's metric; null where its figure is not the mean of single documents' figures. */
  scores: number[] | null;
}

/**
 * Reads a model's samples of a figure; null where there are none of it. Throws a `results` error for samples that are not
 * those of the results: fewer or more documents, one twice, one without the metric, or another mean.
 */
export async function readOutcomes(model: ModelResults, benchmark: Benchmark): Promise<Outcomes | null> {
  const figure = figureOf(model, benchmark);
  const file = figure?.source.samplesFile;
  if (!figure || !file) return null;
  const gathered = new GatheredOutcomes(benchmark.metric);
  for await (const sample of readSamples(file)) gathered.add(sample);
  return gathered.of(figure, file);
}

interface ScoredSample extends Pick<Sample, 'id' | 'docHash' | 'requestsHash'> {
  /** null where the metric has no number for a single document. */
  score: number | null;
}

/** Outcomes of samples that somebody reads, for whatever else. */
export class GatheredOutcomes {
  readonly #metric: string;
  readonly #samples: ScoredSample[] = [];

  constructor(metric: string) {
    this.#metric = metric;
  }

  add({ id, docHash, requestsHash, metrics, scores }: Sample): void {
    if (!metrics.includes(this.#metric)) return;
    this.#samples.push({ id, docHash, requestsHash, score: scores.get(this.#metric) ?? null });
  }

  /** Those of a figure that was made of these samples, which are in `file`. As `readOutcomes`. */
  of(figure: MetricResult, file: string): Outcomes | null {
    // lm-evaluation-harness writes the samples of several processes one after another.
    const samples = this.#samples.sort((a, b) => a.id - b.id);
    if (samples.length === 0) return null;
    checkComplete(samples, figure, file);
    return {
      ids: samples.map(({ id }) => id),
      docHashes: samples.map(({ docHash }) => docHash),
      requestsHashes: samples.map(({ requestsHash }) => requestsHash),
      scores: scoresOf(samples, figure, file, this.#metric),
    };
  }
}

/** Outcomes that several need, each read once. */
export class KnownOutcomes {
  readonly #known = new Map<string, Promise<Outcomes | null>>();

  readonly read: typeof readOutcomes = (model, benchmark) => {
    const known = this.#known.get(keyOf(model, benchmark)) ?? readOutcomes(model, benchmark);
    this.#known.set(keyOf(model, benchmark), known);
    return known;
  };

  /** Keeps what the samples of a figure say, which were read for something else. */
  keep(model: ModelResults, benchmark: Benchmark, gathered: GatheredOutcomes): void {
    const figure = figureOf(model, benchmark)!;
    const outcomes = (async () => gathered.of(figure, figure.source.samplesFile!))();
    // Whoever asks for them is told.
    outcomes.catch(() => {});
    this.#known.set(keyOf(model, benchmark), outcomes);
  }
}

function keyOf(model: ModelResults, benchmark: Benchmark): string {
  const { samplesFile } = figureOf(model, benchmark)?.source ?? {};
  return JSON.stringify([model.name, samplesFile, benchmark.name, benchmark.shots, benchmark.metric]);
}

function checkComplete(samples: readonly ScoredSample[], { source }: MetricResult, file: string): void {
  const twice = samples.find(({ id }, i) => i > 0 && id === samples[i - 1].id);
  if (twice) throw damaged(file, `expected each document once, got document ${twice.id} twice`);
  if (source.size !== null && samples.length !== source.size)
    throw damaged(file, `expected the ${source.size} documents of the results, got ${samples.length}`);
}

/** Where nothing tells how the figure was made of the documents', their mean does. */
function scoresOf(
  samples: readonly ScoredSample[],
  { value, isMean }: MetricResult,
  file: string,
  metric: string,
): number[] | null {
  const scores = samples.flatMap(({ score }) => score ?? []);
  if (isMean === false || scores.length < samples.length) return null;
  const bad = samples.find(({ score }) => !Number.isFinite(score));
  if (bad) throw damaged(file, `expected a finite ${metric} of document ${bad.id}, got ${bad.score}`);
  const average = mean(scores);
  if (Math.abs(average - value) < 1e-6) return scores;
  if (isMean === null) return null;
  throw damaged(
    file,
    `expected the mean ${metric} of the results, ${value}, got ${average}; they are of different runs`,
  );
}

function damaged(file: string, problem: string): HonEvalError {
  return new HonEvalError('results', `${file}: ${problem}.`);
}
