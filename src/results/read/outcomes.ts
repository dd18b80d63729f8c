import { HonEvalError } from '../../errors.ts';
import { mean } from '../../metrics/statistics.ts';
import { type Benchmark, benchmarkOf } from '../benchmarks.ts';
import type { BenchmarkResults, ModelResults } from '../model_results.ts';
import { readSamples, type Sample } from './samples.ts';

/** A model's documents of one benchmark, in the data set's order, with what is needed to pair them. */
export interface Outcomes {
  ids: number[];
  docHashes: string[];
  requestsHashes: string[];
  /** By the benchmark's metric. */
  scores: number[];
}

/**
 * Reads a model's samples of a benchmark; null where it has none. Throws a `results` error for samples that are not
 * those of the results: fewer or more documents, one twice, one without the metric, or another mean.
 */
export async function readOutcomes(model: ModelResults, benchmark: Benchmark): Promise<Outcomes | null> {
  const results = benchmarkOf(model, benchmark.name);
  if (!results?.samplesFile) return null;
  const outcomes: Outcomes = { ids: [], docHashes: [], requestsHashes: [], scores: [] };
  for (const sample of await sortedSamples(results.samplesFile, benchmark.metric)) {
    outcomes.ids.push(sample.id);
    outcomes.docHashes.push(sample.docHash);
    outcomes.requestsHashes.push(sample.requestsHash);
    outcomes.scores.push(sample.score);
  }
  checkComplete(outcomes, results, results.samplesFile, benchmark.metric);
  return outcomes;
}

interface ScoredSample extends Pick<Sample, 'id' | 'docHash' | 'requestsHash'> {
  score: number;
}

/** Samples in the order of their documents: lm-evaluation-harness writes those of several processes one after another. */
async function sortedSamples(file: string, metric: string): Promise<ScoredSample[]> {
  const samples: ScoredSample[] = [];
  let others = 0;
  for await (const { id, docHash, requestsHash, scores } of readSamples(file)) {
    const score = scores.get(metric);
    if (score === undefined) others++;
    else samples.push({ id, docHash, requestsHash, score });
  }
  if (samples.length === 0 && others > 0) throw damaged(file, `expected documents with the metric ${metric}, got none`);
  const bad = samples.find(({ score }) => !Number.isFinite(score));
  if (bad) throw damaged(file, `expected a finite ${metric} of document ${bad.id}, got ${bad.score}`);
  return samples.sort((a, b) => a.id - b.id);
}

function checkComplete(outcomes: Outcomes, results: BenchmarkResults, file: string, metric: string): void {
  const { ids, scores } = outcomes;
  const twice = ids.find((id, i) => i > 0 && id === ids[i - 1]);
  if (twice !== undefined) throw damaged(file, `expected each document once, got document ${twice} twice`);
  if (results.size !== null && ids.length !== results.size) {
    throw damaged(file, `expected the ${results.size} documents of the results, got ${ids.length}`);
  }
  const average = mean(scores);
  const value = results.figures.get(metric)?.value;
  if (value !== undefined && !(Math.abs(average - value) < 1e-6)) {
    throw damaged(
      file,
      `expected the mean ${metric} of the results, ${value}, got ${average}; they are of different runs`,
    );
  }
}

function damaged(file: string, problem: string): HonEvalError {
  return new HonEvalError('results', `${file}: ${problem}.`);
}
