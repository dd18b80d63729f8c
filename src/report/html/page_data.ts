import { isConfidential } from '../../results/read/choices.ts';
import type { Answer, AnsweredDocument } from '../../results/read/documents.ts';
import type { ReportData } from '../report_data.ts';

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
  /** null where texts are withheld; then so are those of the choices, which are empty. */
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
  chosen: number | null;
  /** By the benchmark's metric. */
  score: number;
}

/** @param reveal whether texts of confidential benchmarks are kept */
export function pageData({ models, benchmarks, documents }: ReportData, reveal: boolean): PageData {
  return {
    models: models.map(({ results, label }) => ({ name: results.name, label })),
    benchmarks: benchmarks.map(({ title }) => title),
    documents: documents.map((document) => {
      const withheld = document.withheld || (!reveal && isConfidential(document.benchmark.name));
      return pageDocument(document, benchmarks.indexOf(document.benchmark), withheld);
    }),
  };
}

function pageDocument(document: AnsweredDocument, benchmark: number, withheld: boolean): PageDocument {
  const { id, context, choices, gold, target, answers } = document;
  return {
    benchmark,
    id,
    context: withheld ? null : context,
    choices: withheld ? choices.map(() => '') : choices,
    gold,
    ...(choices.length === 0 && !withheld ? { target } : {}),
    answers: answers.map((answer) => answer && pageAnswer(answer)),
  };
}

function pageAnswer({ logLikelihoods, chosen, score }: Answer): PageAnswer {
  return { scores: logLikelihoods?.map(rounded) ?? [], chosen, score };
}

/** More digits than a float32 sum has to tell. */
function rounded(value: number): number | string {
  return Number.isFinite(value) ? Math.round(value * 1e4) / 1e4 : String(value);
}
