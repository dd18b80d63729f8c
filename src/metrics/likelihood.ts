/** How likely one text is, named by its label, without any alternatives to it. */
import { HonEvalError } from '../errors.ts';
import type { Score, ScoredDocument } from '../harness/record/scored.ts';
import { accuracyKind, bitsPerByteKind, type Metric } from './metric.ts';

/** Whether the model would write exactly this text if it always took the most probable token. */
export function greedyMatch(label: string): Metric {
  return {
    ...accuracyKind,
    name: `${label}_match`,
    description: `whether greedy decoding gives the ${label}`,
    score: (scored) => (labelled(scored, label).score.greedy ? 1 : 0),
  };
}

/** -log2 of the text's likelihood per byte of its UTF-8, which tokenizers do not change; the delimiter is no byte. */
export function bitsPerByte(label: string): Metric {
  return {
    ...bitsPerByteKind,
    name: `${label}_bits_per_byte`,
    description: `bits per byte of the ${label}`,
    score(scored) {
      const { text, score } = labelled(scored, label);
      return -score.logLikelihood / Math.LN2 / Buffer.byteLength(text);
    },
  };
}

function labelled({ document, scores }: ScoredDocument, label: string): { text: string; score: Score } {
  const i = document.labels?.indexOf(label) ?? -1;
  if (i >= 0) return { text: document.choices[i], score: scores[i] };
  const labels = document.labels?.join(', ') ?? 'none';
  throw new HonEvalError('dataset', `${document.place}: expected a text with the label "${label}", got ${labels}.`);
}
