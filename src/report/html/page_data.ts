import { isCutOff } from '../../harness/record/generation.ts';
import { findMetric } from '../../metrics/metrics.ts';
import { goldMargin, softmax } from '../../metrics/softmax.ts';
import type { Answer, AnsweredDocument } from '../../results/read/documents.ts';
import type { WrittenText } from '../../results/read/samples.ts';
import type { ReportData } from '../report_data.ts';
import type { PageDifference } from './differences.ts';
import { flags } from './flags.ts';

/** What the page's script starts with; the documents themselves are in parts of some hundred. Texts may come from anywhere. */
export interface PageData {
  /** Names of the models, and short ones. */
  models: { name: string; label: string }[];
  benchmarks: PageBenchmark[];
  differences: PageDifference[];
  /** Of all documents. */
  count: number;
  /** Index of each part's first document. */
  parts: number[];
}

export interface PageBenchmark {
  title: string;
  metric: string;
  /** What the metric is, in half a sentence; null where that is not known. */
  description: string | null;
  higherIsBetter: boolean;
}

export interface PageDocument {
  /** Index. */
  benchmark: number;
  id: number;
  /** null where texts are confidential; then so are those of the choices, which are empty. */
  context: string | null;
  choices: string[];
  gold: number | null;
  /** The right answer, where there are no choices. */
  target?: string;
  /** One a model; null for documents that it has not. */
  answers: (PageAnswer | null)[];
}

export interface PageAnswer {
  /** One a choice, in nats; JSON has no NaN and infinities, which are strings. */
  scores: (number | string)[];
  /** What the metric compares the choices by, where that is another score. */
  deciding?: (number | string)[];
  chosen: number | null;
  /** How many tokens each choice has, where the samples tell. */
  tokens?: number[];
  /** Of each choice, its tokens' log-probabilities in nats, where the samples have them. */
  logProbs?: (number | string)[][];
  /** What each of those tokens adds to the text, where that is not confidential. */
  tokenTexts?: string[][];
  /** What the model wrote, where it was asked for text that is not confidential. */
  written?: WrittenText[];
  /** By the benchmark's metric. */
  score: number;
}

/** What documents are found and sorted by: one value a document, or one a document and model, the models side by side. */
export interface Columns {
  ids: Int32Array;
  /** Indices. */
  benchmarks: Uint16Array;
  /** By the benchmark's metric; NaN for documents that a model has not. */
  scores: Float32Array;
  /** Log-likelihood of the right choice less that of the best wrong one; NaN where there is none. */
  margins: Float32Array;
  /** Of the right choice among all choices; NaN where there is none. */
  probabilities: Float32Array;
  /** `cutOff` and `noAnswer` of what the models wrote. */
  flags: Uint8Array;
}

export function pageModels({ models }: ReportData): PageData['models'] {
  return models.map(({ results, label }) => ({ name: results.name, label }));
}

export function pageBenchmarks({ benchmarks }: ReportData): PageBenchmark[] {
  return benchmarks.map(({ title, metric, higherIsBetter }) => {
    const description = findMetric(metric.split(',')[0])?.description ?? null;
    return { title, metric, description, higherIsBetter };
  });
}

/** @param reveal whether texts of confidential benchmarks are kept */
export function* pageDocuments({ benchmarks, documents }: ReportData, reveal: boolean): Generator<PageDocument> {
  const indices = new Map(benchmarks.map((benchmark, i) => [benchmark, i]));
  for (const document of documents) {
    const confidential = document.hashed || (!reveal && document.benchmark.confidential);
    yield pageDocument(document, indices.get(document.benchmark)!, confidential);
  }
}

function pageDocument(document: AnsweredDocument, benchmark: number, confidential: boolean): PageDocument {
  const { id, context, choices, gold, target, answers } = document;
  return {
    benchmark,
    id,
    context: confidential ? null : context,
    choices: confidential ? choices.map(() => '') : choices,
    gold,
    ...(choices.length === 0 && !confidential ? { target } : {}),
    answers: answers.map((answer) => answer && pageAnswer(answer, confidential)),
  };
}

function pageAnswer(answer: Answer, confidential: boolean): PageAnswer {
  const { logLikelihoods, deciding, chosen, tokens, tokenLogProbs, tokenTexts, written, score } = answer;
  const normalised = deciding?.some((value, i) => value !== logLikelihoods?.[i]);
  return {
    scores: logLikelihoods?.map(rounded) ?? [],
    ...(normalised ? { deciding: deciding!.map(rounded) } : {}),
    ...(tokens ? { tokens } : {}),
    ...(tokenLogProbs ? { logProbs: tokenLogProbs.map((values) => values.map(rounded)) } : {}),
    ...(tokenTexts && !confidential ? { tokenTexts } : {}),
    ...(written && !confidential ? { written } : {}),
    chosen,
    score,
  };
}

/** More digits than a float32 sum has to tell. */
function rounded(value: number): number | string {
  return Number.isFinite(value) ? Math.round(value * 1e4) / 1e4 : String(value);
}

export function pageColumns({ benchmarks, documents, models }: ReportData): Columns {
  const indices = new Map(benchmarks.map((benchmark, i) => [benchmark, i]));
  const cells = documents.length * models.length;
  const columns: Columns = {
    ids: Int32Array.from(documents, ({ id }) => id),
    benchmarks: Uint16Array.from(documents, ({ benchmark }) => indices.get(benchmark)!),
    scores: new Float32Array(cells).fill(Number.NaN),
    margins: new Float32Array(cells).fill(Number.NaN),
    probabilities: new Float32Array(cells).fill(Number.NaN),
    flags: new Uint8Array(cells),
  };
  for (const [i, { answers, gold }] of documents.entries()) {
    for (const [model, answer] of answers.entries()) {
      if (!answer) continue;
      const cell = i * models.length + model;
      columns.scores[cell] = answer.score;
      columns.flags[cell] = flagsOf(answer);
      if (!answer.logLikelihoods || gold === null) continue;
      columns.margins[cell] = goldMargin(answer.logLikelihoods, gold) ?? Number.NaN;
      columns.probabilities[cell] = softmax(answer.logLikelihoods)[gold] ?? Number.NaN;
    }
  }
  return columns;
}

function flagsOf({ written }: Answer): number {
  const isCut = written?.some(({ finish }) => isCutOff(finish));
  const lacksAnswer = written?.some(({ answer }) => answer === null);
  return (isCut ? flags.cutOff : 0) | (lacksAnswer ? flags.noAnswer : 0);
}
