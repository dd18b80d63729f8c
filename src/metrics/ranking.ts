/** How the right choice stands among all of them, by log-likelihood. */
import type { ScoredDocument } from '../harness/record/scored.ts';
import { choiceKind, costKind, type Metric, probabilityKind } from './metric.ts';

/** 1 / r where r is the place of the right choice; of equals the first one leads, as for the accuracies. */
export const reciprocalRank: Metric = {
  ...choiceKind,
  name: 'mrr',
  unit: null,
  description: 'reciprocal of the place of the right choice, by log-likelihood',
  score({ document: { gold }, scores }) {
    const right = scores[gold].logLikelihood;
    const ahead = scores.filter(
      ({ logLikelihood }, i) => logLikelihood > right || (logLikelihood === right && i < gold),
    );
    return 1 / (1 + ahead.length);
  },
};

export const goldProbability: Metric = {
  ...probabilityKind,
  name: 'prob',
  description: 'probability of the right choice among all choices',
  score: (scored) => Math.exp(-surprise(scored)),
};

export const goldBits: Metric = {
  ...costKind,
  name: 'bits',
  unit: 'bits',
  comparesChoices: true,
  description: 'bits that the right choice takes among all choices',
  score: (scored) => surprise(scored) / Math.LN2,
};

/** -log of the right choice's probability within the choices; finite where the probability itself is 0 in float64. */
function surprise({ document: { gold }, scores }: ScoredDocument): number {
  const logLikelihoods = scores.map((score) => score.logLikelihood);
  const largest = logLikelihoods.reduce((a, b) => Math.max(a, b));
  const total = logLikelihoods.reduce((sum, value) => sum + Math.exp(value - largest), 0);
  return Math.log(total) + largest - logLikelihoods[gold];
}
