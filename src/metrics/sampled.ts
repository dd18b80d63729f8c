/** What the texts are like that a model wrote for one problem. */
import { isCutOff } from '../harness/record/generation.ts';
import type { GradedSample, ScoredDocument } from '../harness/record/scored.ts';
import { isGreedy } from './accuracy.ts';
import { accuracyKind, costKind, type Metric } from './metric.ts';
import { passAtSamples, shareCorrect } from './pass_at_k.ts';
import { mean } from './statistics.ts';

/** avg@n: for one sample, the accuracy. */
const sampleAccuracy: Metric = {
  ...accuracyKind,
  name: 'exact_match',
  description: 'share of the written answers that are right',
  score: (scored) => shareCorrect(verdictsOf(scored)),
};

/** Of a written answer its verdict; of choices whether greedy decoding gives the right one. */
export const exactMatch: Metric = {
  ...sampleAccuracy,
  score: (scored) => (scored.samples ? sampleAccuracy.score(scored) : Number(isGreedy(scored))),
};

export const responseTokens: Metric = {
  ...costKind,
  name: 'response_tokens',
  description: 'tokens of a written answer',
  score: meanOf((sample) => sample.tokens),
};

export const cutOff: Metric = {
  ...costKind,
  name: 'cut_off',
  range: [0, 1],
  description: 'share of the written answers that a limit of length cut off',
  score: meanOf(({ finish }) => Number(isCutOff(finish))),
};

export function passAt(k: number): Metric {
  return {
    ...accuracyKind,
    name: `pass@${k}`,
    description: `probability that one of ${k} written answers is right`,
    score: (scored) => passAtSamples(verdictsOf(scored), k),
  };
}

function meanOf(figure: (sample: GradedSample) => number): Metric['score'] {
  return (scored) => {
    return mean(samplesOf(scored).map(figure));
  };
}

function verdictsOf(scored: ScoredDocument): GradedSample['verdict'][] {
  return samplesOf(scored).map(({ verdict }) => verdict);
}

function samplesOf({ document, samples }: ScoredDocument): readonly GradedSample[] {
  if (samples && samples.length > 0) return samples;
  throw new RangeError(`${document.place}: there are no samples.`);
}
