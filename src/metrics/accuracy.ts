import type { ScoredDocument } from '../harness/record/scored.ts';
import { choiceKind, type Metric } from './metric.ts';
import { softmax } from './softmax.ts';

/**
 * Index of the largest number as `np.argmax` has it: the first of several, the first NaN before any number.
 * -1 where there is none.
 */
export function argmax(values: readonly number[]): number {
  let best = -1;
  for (const [i, value] of values.entries()) {
    if (Number.isNaN(value)) return i;
    if (best < 0 || value > values[best]) best = i;
  }
  return best;
}

/** What each accuracy divides a choice's log-likelihood by. */
export const choiceLengths = {
  acc: () => 1,
  acc_norm: (choice: string) => [...choice].length,
  acc_bytes: (choice: string) => Buffer.byteLength(choice),
} as const;

/**
 * 1 where the choice with the largest log-likelihood per unit of length is the right one, else 0; so always 0 where the
 * gold index is outside the choices. A choice without length divides to -Infinity, as in lm-evaluation-harness's
 * `process_results`.
 */
export function accuracy(name: string, description: string, length: (choice: string) => number): Metric {
  return accuracyBy(name, description, ({ document, scores }) =>
    scores.map((score, i) => score.logLikelihood / length(document.choices[i])),
  );
}

/** 1 where the choice with the largest of these scores is a right one, else 0. */
function accuracyBy(name: string, description: string, choiceScores: (scored: ScoredDocument) => number[]): Metric {
  const score = (scored: ScoredDocument) => (isRight(scored, argmax(choiceScores(scored))) ? 1 : 0);
  return { ...choiceKind, name, description, choiceScores, score };
}

/**
 * The accuracy that every task has. Of one text without alternatives it is whether greedy decoding gives it; of a question
 * with `isMass` the probability of all right choices among all, as lm-evaluation-harness's `process_results_mc2` has it.
 */
export function plainAccuracy(name: string, description: string): Metric {
  const among = accuracy(name, description, choiceLengths.acc);
  return {
    ...among,
    score(scored) {
      const { document, scores } = scored;
      if (document.output === 'loglikelihood') return Number(scores[0].greedy);
      return document.isMass ? rightMass(scored) : among.score(scored);
    },
  };
}

function rightMass({ document, scores }: ScoredDocument): number {
  const shares = softmax(scores.map(({ logLikelihood }) => logLikelihood));
  return goldsOf(document).reduce((sum, gold) => sum + shares[gold], 0);
}

/** By how much likelier each choice is with its question than without (Brown et al. 2020, arXiv:2005.14165, 2.4). */
export const mutualInformationAccuracy = accuracyBy(
  'acc_mutual_info',
  'accuracy by log-likelihood less the one without the question',
  mutualInformation,
);

function mutualInformation({ scores, unconditional = [] }: ScoredDocument): number[] {
  return scores.map((score, i) => score.logLikelihood - unconditional[i].logLikelihood);
}

/**
 * OLMES's accuracy (Gu et al. 2024, arXiv:2406.08446): its `acc_raw`, `acc_per_char` or `acc_uncond`, as the standard
 * prescribes for the task.
 */
export const olmesAccuracy = accuracyBy('acc_olmes', 'accuracy as OLMES takes it', olmesScores);

function olmesScores(scored: ScoredDocument): number[] {
  const { document, requests, scores } = scored;
  if (document.normalization === 'context') return mutualInformation(scored);
  const lengthOf = choiceLengths[document.normalization === 'characters' ? 'acc_norm' : 'acc'];
  return scores.map(({ logLikelihood }, i) => logLikelihood / lengthOf(requests[i][1]));
}

/** Whether greedy decoding gives the right choice. */
export function isGreedy({ document, scores }: ScoredDocument): boolean {
  return goldsOf(document).some((gold) => scores[gold].greedy);
}

function isRight({ document }: ScoredDocument, choice: number): boolean {
  return goldsOf(document).includes(choice);
}

function goldsOf({ gold, golds }: ScoredDocument['document']): number[] {
  return golds ?? [gold];
}
