/** How well texts are predicted: lm-evaluation-harness's perplexities. */
import type { ScoredDocument } from '../harness/record/scored.ts';
import type { List } from '../long_list.ts';
import { bootstrapError } from './bootstrap_error.ts';
import { bitsPerByteKind, costKind, type Metric } from './metric.ts';
import { type Estimate, mean } from './statistics.ts';

/** What Python's `re.split(r"\s+", text)` splits at: U+001C to U+001F too, and not U+FEFF. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: Python has them for whitespace.
const space = /[\p{White_Space}\x1c-\x1f]+/u;

const sizes = {
  word: (text: string) => text.split(space).length,
  byte: (text: string) => Buffer.byteLength(text),
};

function logLikelihood({ scores }: ScoredDocument): number {
  return scores[0].logLikelihood;
}

function size({ document }: ScoredDocument, unit: keyof typeof sizes): number {
  return sizes[unit](document.original ?? document.choices[0]);
}

/** exp of what a text costs on average, in nats: of LAMBADA's last words. */
export const textPerplexity: Metric = {
  ...costKind,
  name: 'perplexity',
  aggregation: 'perplexity',
  description: 'perplexity of a text',
  score: logLikelihood,
  estimate(documents) {
    const values = Float64Array.from(documents, logLikelihood);
    const stderr = bootstrapError(values.length, (drawn) => {
      let sum = 0;
      for (let i = 0; i < drawn.length; i++) sum += values[drawn[i]];
      return Math.exp(-sum / values.length);
    });
    return { ...figure(Math.exp(-mean([...values])), documents), stderr };
  },
};

/** exp of what a word or a byte costs on average over all texts, in nats. */
export function perplexityPer(unit: keyof typeof sizes): Metric {
  return {
    ...costKind,
    name: `${unit}_perplexity`,
    aggregation: 'weighted_perplexity',
    description: `perplexity per ${unit}`,
    score: (scored) => Math.exp(-logLikelihood(scored) / size(scored, unit)),
    estimate: (documents) => figure(Math.exp(nats(documents, unit)), documents),
  };
}

export const textBitsPerByte: Metric = {
  ...bitsPerByteKind,
  name: 'bits_per_byte',
  aggregation: 'bits_per_byte',
  description: 'bits per byte of a text',
  score: (scored) => -logLikelihood(scored) / size(scored, 'byte') / Math.LN2,
  estimate: (documents) => figure(nats(documents, 'byte') / Math.LN2, documents),
};

/** What a word or a byte costs on average over all texts. */
function nats(documents: List<ScoredDocument>, unit: keyof typeof sizes): number {
  const sum = (value: (scored: ScoredDocument) => number) => documents.reduce((total, each) => total + value(each), 0);
  return -sum(logLikelihood) / sum((each) => size(each, unit));
}

function figure(value: number, documents: List<ScoredDocument>): Estimate {
  return { value, stderr: null, size: documents.length };
}
