/**
 * What tells models apart long before accuracy does, of every multiple-choice task: how probable the right choice is, by
 * itself and among all (Heineman et al. 2025, arXiv:2508.13144; Magnusson et al. 2025, arXiv:2504.11393).
 */
import type { ScoredDocument } from '../harness/record/scored.ts';
import { choiceLengths } from './accuracy.ts';
import { bitsPerByteKind, choiceKind, type Metric, probabilityKind } from './metric.ts';
import { goldProbability } from './ranking.ts';
import { goldMargin, softmax } from './softmax.ts';

/** Each choice's log-likelihood by what is counted of it. */
function perUnit(length: (scored: ScoredDocument, choice: number) => number): (scored: ScoredDocument) => number[] {
  return (scored) => scored.scores.map(({ logLikelihood }, i) => logLikelihood / length(scored, i));
}

/** Probability of the right choice among all, as a softmax of the choices' scores has it. */
function probability(name: string, unit: string, choiceScores: (scored: ScoredDocument) => number[]): Metric {
  return {
    ...probabilityKind,
    name,
    description: `probability of the right choice by log-likelihood ${unit}`,
    score: (scored) => softmax(choiceScores(scored))[scored.document.gold],
  };
}

const goldBitsPerByte: Metric = {
  ...bitsPerByteKind,
  name: 'gold_bits_per_byte',
  description: 'bits per byte of the right choice',
  score: ({ document: { gold, choices, continuation }, scores }) =>
    -scores[gold].logLikelihood / Math.LN2 / Buffer.byteLength(continuation ?? choices[gold]),
};

const margin: Metric = {
  ...choiceKind,
  name: 'margin',
  range: [-Infinity, Infinity],
  unit: 'nats',
  description: 'log-likelihood of the right choice less that of the best wrong one',
  score: ({ document, scores }) =>
    goldMargin(
      scores.map(({ logLikelihood }) => logLikelihood),
      document.gold,
    ) ?? Number.NaN,
};

/** Of any task that chooses, beside `prob`. */
export const signals: readonly Metric[] = [
  goldBitsPerByte,
  probability(
    'prob_norm',
    'per character',
    perUnit(({ document }, i) => choiceLengths.acc_norm(document.choices[i])),
  ),
  probability(
    'prob_bytes',
    'per byte',
    perUnit(({ document }, i) => choiceLengths.acc_bytes(document.choices[i])),
  ),
  probability(
    'prob_tokens',
    'per token',
    perUnit(({ scores }, i) => scores[i].tokens),
  ),
  probability('prob_mutual_info', 'less the one without the question', ({ scores, unconditional = [] }) =>
    scores.map(({ logLikelihood }, i) => logLikelihood - (unconditional[i]?.logLikelihood ?? Number.NaN)),
  ),
  margin,
];

/** The signals of a document, where each is a number; none where there are no alternatives of which one is right. */
export function signalsOf({ document, scores, samples, ...others }: ScoredDocument): Record<string, number> {
  const { gold, labels } = document;
  if (scores.length < 2 || samples || labels || gold >= scores.length) return {};
  const figures = [goldProbability, ...signals].map(({ name, score }): [string, number] => [
    name,
    score({ document, scores, ...others }),
  ]);
  return Object.fromEntries(figures.filter(([, value]) => Number.isFinite(value)));
}
