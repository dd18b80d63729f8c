import type { Answer, AnsweredDocument } from '../../results/read/documents.ts';
import type { WrittenText } from '../../results/read/samples.ts';
import type { ReportData } from '../report_data.ts';
import { scriptSafe } from './html.ts';

/** What the page's script works on. Texts may come from anywhere. */
export interface PageData {
  /** Names of the models, and short ones. */
  models: { name: string; label: string }[];
  benchmarks: string[];
  documents: PageDocument[];
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
  /** What the model wrote, where it was asked for text that is not confidential. */
  written?: WrittenText[];
  /** By the benchmark's metric. */
  score: number;
}

/** @param reveal whether texts of confidential benchmarks are kept */
export function pageData(data: ReportData, reveal: boolean): PageData {
  return { ...pageNames(data), documents: [...pageDocuments(data, reveal)] };
}

/** `pageData` as JSON for a script element, piece by piece: there may be a hundred thousand documents. */
export function* pageJson(data: ReportData, reveal: boolean): Generator<string> {
  const names = JSON.stringify({ ...pageNames(data), documents: [] });
  yield scriptSafe(names.slice(0, names.lastIndexOf(']')));
  let separator = '';
  for (const document of pageDocuments(data, reveal)) {
    yield separator + scriptSafe(JSON.stringify(document));
    separator = ',';
  }
  yield ']}';
}

function pageNames({ models, benchmarks }: ReportData): Omit<PageData, 'documents'> {
  return {
    models: models.map(({ results, label }) => ({ name: results.name, label })),
    benchmarks: benchmarks.map(({ title }) => title),
  };
}

function* pageDocuments({ benchmarks, documents }: ReportData, reveal: boolean): Generator<PageDocument> {
  for (const document of documents) {
    const confidential = document.hashed || (!reveal && document.benchmark.confidential);
    yield pageDocument(document, benchmarks.indexOf(document.benchmark), confidential);
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

function pageAnswer({ logLikelihoods, deciding, chosen, written, score }: Answer, confidential: boolean): PageAnswer {
  const normalised = deciding?.some((value, i) => value !== logLikelihoods?.[i]);
  const scores = logLikelihoods?.map(rounded) ?? [];
  return {
    scores,
    ...(normalised ? { deciding: deciding!.map(rounded) } : {}),
    ...(written && !confidential ? { written } : {}),
    chosen,
    score,
  };
}

/** More digits than a float32 sum has to tell. */
function rounded(value: number): number | string {
  return Number.isFinite(value) ? Math.round(value * 1e4) / 1e4 : String(value);
}
