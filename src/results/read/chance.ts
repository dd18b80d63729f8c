import { mean } from '../../metrics/statistics.ts';
import { type Benchmark, figureOf } from '../benchmarks.ts';
import type { FigureSource, ModelResults } from '../model_results.ts';
import { askedChoices } from './choices.ts';
import type { AnsweredDocument } from './documents.ts';
import { readSamples } from './samples.ts';

/**
 * The accuracy that is expected of guessing: the mean over documents of one in the number of choices, by the samples of
 * the first model that has some; null where none tell.
 */
export async function readChance(models: readonly ModelResults[], benchmark: Benchmark): Promise<number | null> {
  if (benchmark.unit !== 'accuracy') return null;
  for (const model of models) {
    const source = figureOf(model, benchmark)?.source;
    const counts = source?.samplesFile ? await choiceCounts(source, benchmark.metric) : [];
    if (counts.length > 0) return chanceOf(counts);
  }
  return null;
}

/** The same, by documents that were read already. */
export function chanceAmong(documents: readonly AnsweredDocument[], benchmark: Benchmark): number | null {
  if (benchmark.unit !== 'accuracy') return null;
  const own = documents.filter((document) => document.benchmark === benchmark);
  const models = own.map(({ answers }) => answers.findIndex((answer) => answer !== null));
  const first = Math.min(...new Set(models));
  const counts = own.flatMap(({ answers, choices }) => (answers[first] ? [choices.length] : []));
  return counts.length > 0 ? chanceOf(counts) : null;
}

function chanceOf(counts: readonly number[]): number | null {
  return counts.every((count) => count > 1) ? mean(counts.map((count) => 1 / count)) : null;
}

async function choiceCounts({ samplesFile, delimiter }: FigureSource, metric: string): Promise<number[]> {
  const counts: number[] = [];
  for await (const sample of readSamples(samplesFile!))
    if (sample.scores.has(metric)) counts.push(askedChoices(sample, delimiter).choices.length);
  return counts;
}
