/** `process_results` and aggregations: what Python functions make of scores, as it is done here. */
import type { Question } from '../../task.ts';
import type { Doc } from './doc.ts';

/** What of a question says how its scores count. */
export type Counting = Pick<Question, 'gold' | 'golds' | 'isMass'>;

/** The share of the choices' probability that the right ones have. */
function mass(golds: number[]): Counting {
  return { gold: golds[0] ?? 0, golds, isMass: true };
}

function labelsOf({ mc2_targets: targets }: Doc): unknown[] {
  const { labels } = (targets ?? {}) as Doc;
  if (Array.isArray(labels)) return labels;
  throw new TypeError(`mc2_targets.labels is ${JSON.stringify(labels)}, and not a list`);
}

/** By their names in `digests`. */
export const resultFunctions: Readonly<Record<string, (doc: Doc, question: Question) => Counting>> = {
  // truthfulqa_mc2, and its translations of okapi
  'truthfulqa/utils.process_results_mc2': (doc) => mass(labelsOf(doc).flatMap((label, i) => (label === 1 ? [i] : []))),
  // truthfulqa-multi: those before the first wrong one are right
  'truthfulqa-multi/utils.process_results_mc2': (doc) =>
    mass([...labelsOf(doc).keys()].slice(0, labelsOf(doc).indexOf(0))),
  // agieval: any of the right choices, as is usual
  'agieval/utils.process_results_mcqa': (_, { gold, golds }) => ({ gold, golds }),
};

/** Names of metrics here, by those that are aggregated and by the key of what aggregates them. */
export const aggregated: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  f1: {
    'lm_eval.utils.weighted_f1_score': 'f1_weighted',
    'aradice/ArabicMMLU/EGY/metrics.micro_f1_score': 'f1_micro',
  },
};
