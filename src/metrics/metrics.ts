import type { MetricName } from '../harness/task/task.ts';
import { accuracy, choiceLengths } from './accuracy.ts';
import { bitsPerByte, greedyMatch } from './likelihood.ts';
import type { Metric } from './metric.ts';
import { goldBits, goldProbability, reciprocalRank } from './ranking.ts';
import { cutOff, passAt, responseTokens, sampleAccuracy } from './sampled.ts';

type PassAt = `pass@${number}`;

const metrics: Readonly<Record<Exclude<MetricName, PassAt>, Metric>> = {
  acc: accuracy('accuracy by log-likelihood', choiceLengths.acc),
  acc_norm: accuracy('accuracy by log-likelihood per character', choiceLengths.acc_norm),
  acc_bytes: accuracy('accuracy by log-likelihood per byte of UTF-8', choiceLengths.acc_bytes),
  mrr: reciprocalRank,
  prob: goldProbability,
  bits: goldBits,
  answer_match: greedyMatch('answer'),
  answer_bits_per_byte: bitsPerByte('answer'),
  solution_match: greedyMatch('solution'),
  solution_bits_per_byte: bitsPerByte('solution'),
  exact_match: sampleAccuracy,
  response_tokens: responseTokens,
  cut_off: cutOff,
};

export function metricOf(name: MetricName): Metric {
  return isPassAt(name) ? passAt(Number(name.slice('pass@'.length))) : metrics[name];
}

function isPassAt(name: MetricName): name is PassAt {
  return name.startsWith('pass@');
}
