import { HonEvalError } from '../../errors.ts';
import { argmax } from '../../metrics/accuracy.ts';
import { type Benchmark, figureOf } from '../benchmarks.ts';
import type { FigureSource, ModelResults } from '../model_results.ts';
import { type AskedChoices, askedChoices, decidingScores } from './choices.ts';
import { GatheredOutcomes, type KnownOutcomes } from './outcomes.ts';
import { readSamples, type Sample, type WrittenText } from './samples.ts';

/** A document with what every model made of it. Texts may come from anywhere. */
export interface AnsweredDocument extends AskedChoices {
  benchmark: Benchmark;
  /** Index of the row in its split. */
  id: number;
  /** The right answer as the samples have it, for documents without choices. */
  target: string;
  /** Whether the samples have hashes in place of texts, or none. */
  hashed: boolean;
  /** One a model; null where it has no such document, or was asked it in other words. */
  answers: (Answer | null)[];
}

export interface Answer {
  /** One a choice; null where the model was asked for text. */
  logLikelihoods: number[] | null;
  /** What the benchmark's metric compares the choices by; null without choices, and where it cannot be told. */
  deciding: number[] | null;
  /** The choice that it takes; null as above. */
  chosen: number | null;
  /** Of each choice; null where the samples do not tell. */
  tokens: number[] | null;
  /** Natural log-probabilities of each choice's tokens; null where the samples have none. */
  tokenLogProbs: number[][] | null;
  /** What each of those tokens adds to the text; null where the samples do not tell. */
  tokenTexts: string[][] | null;
  /** What the model wrote; null where it chose. */
  written: WrittenText[] | null;
  /** By the benchmark's metric. */
  score: number;
}

export interface AnsweredDocuments {
  /** By benchmark, and then in the data set's order. */
  documents: AnsweredDocument[];
  /** Sentences on samples that are missing, or do not go with the results. */
  notices: string[];
}

/**
 * Reads the samples of all models side by side. Documents that models were asked in different words stand one after
 * another. Throws a `results` error for a samples file that is damaged, or that has a document twice.
 * @param outcomes Which get what the samples say.
 */
export async function readDocuments(
  models: readonly ModelResults[],
  benchmarks: readonly Benchmark[],
  outcomes?: KnownOutcomes,
): Promise<AnsweredDocuments> {
  const documents: AnsweredDocument[] = [];
  const notices: string[] = [];
  for (const benchmark of benchmarks) {
    const found = new Map<string, AnsweredDocument>();
    const without: string[] = [];
    for (const [index, model] of models.entries()) {
      const source = figureOf(model, benchmark)?.source;
      if (!source) continue;
      const gathered = new GatheredOutcomes(benchmark.metric);
      const count = source.samplesFile ? await addAnswers(found, benchmark, source, index, models.length, gathered) : 0;
      if (source.samplesFile) outcomes?.keep(model, benchmark, gathered);
      if (count === 0) without.push(model.name);
      else if (source.size !== null && source.size !== count)
        notices.push(
          `${benchmark.title}: ${model.name} has samples of ${count} documents, and results of ${source.size}.`,
        );
    }
    if (without.length > 0)
      notices.push(`${benchmark.title}: no samples with ${benchmark.metric} of ${without.join(', ')}.`);
    for (const document of [...found.values()].sort((a, b) => a.id - b.id)) documents.push(document);
  }
  return { documents, notices };
}

/** Returns how many documents the model has. */
async function addAnswers(
  documents: Map<string, AnsweredDocument>,
  benchmark: Benchmark,
  { samplesFile, delimiter }: FigureSource,
  model: number,
  models: number,
  gathered: GatheredOutcomes,
): Promise<number> {
  let count = 0;
  for await (const sample of readSamples(samplesFile!)) {
    gathered.add(sample);
    const score = sample.scores.get(benchmark.metric);
    if (score === undefined) continue;
    const key = `${sample.id} ${sample.requestsHash}`;
    const document = documents.get(key) ?? newDocument(sample, benchmark, delimiter, models);
    if (document.answers[model])
      throw new HonEvalError(
        'results',
        `${samplesFile}: expected each document once, got document ${sample.id} twice.`,
      );
    document.answers[model] = answerOf(sample, document, score);
    documents.set(key, document);
    count++;
  }
  return count;
}

function newDocument(sample: Sample, benchmark: Benchmark, delimiter: string, models: number): AnsweredDocument {
  const { id, target, hashed } = sample;
  return { benchmark, id, target, hashed, ...askedChoices(sample, delimiter), answers: new Array(models).fill(null) };
}

function answerOf(sample: Sample, { choices, benchmark }: AnsweredDocument, score: number): Answer {
  const deciding = decidingScores(sample, choices, benchmark.metric);
  const { logLikelihoods, choiceTokens: tokens, tokenLogProbs, tokenTexts, written } = sample;
  const chosen = deciding && argmax(deciding);
  return { logLikelihoods, deciding, chosen, tokens, tokenLogProbs, tokenTexts, written, score };
}
