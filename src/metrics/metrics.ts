import type { MetricName } from '../harness/task/task.ts';
import { accuracy, choiceLengths, mutualInformationAccuracy, plainAccuracy } from './accuracy.ts';
import { brierScore, f1Score, goldLikelihood, matthewsCorrelation } from './classes.ts';
import { bitsPerByte, greedyMatch } from './likelihood.ts';
import type { Metric } from './metric.ts';
import { perplexityPer, textBitsPerByte, textPerplexity } from './perplexity.ts';
import { goldBits, goldProbability, reciprocalRank } from './ranking.ts';
import { cutOff, exactMatch, passAt, responseTokens } from './sampled.ts';

type PassAt = `pass@${number}`;

const metrics: Readonly<Record<Exclude<MetricName, PassAt>, Metric>> = {
  acc: plainAccuracy('accuracy by log-likelihood'),
  acc_norm: accuracy('accuracy by log-likelihood per character', choiceLengths.acc_norm),
  acc_bytes: accuracy('accuracy by log-likelihood per byte of UTF-8', choiceLengths.acc_bytes),
  acc_mutual_info: mutualInformationAccuracy,
  f1: f1Score,
  mcc: matthewsCorrelation,
  brier_score: brierScore,
  likelihood: goldLikelihood,
  perplexity: textPerplexity,
  word_perplexity: perplexityPer('word'),
  byte_perplexity: perplexityPer('byte'),
  bits_per_byte: textBitsPerByte,
  mrr: reciprocalRank,
  prob: goldProbability,
  bits: goldBits,
  answer_match: greedyMatch('answer'),
  answer_bits_per_byte: bitsPerByte('answer'),
  solution_match: greedyMatch('solution'),
  solution_bits_per_byte: bitsPerByte('solution'),
  exact_match: exactMatch,
  response_tokens: responseTokens,
  cut_off: cutOff,
};

export function metricOf(name: MetricName): Metric {
  return isPassAt(name) ? passAt(Number(name.slice('pass@'.length))) : metrics[name];
}

function isPassAt(name: MetricName): name is PassAt {
  return name.startsWith('pass@');
}
