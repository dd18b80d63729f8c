/** What is known of the metrics in results files: hon-eval's and lm-evaluation-harness's. */
import type { MetricFacts } from './metric.ts';

const accuracy: MetricFacts = {
  higherIsBetter: true,
  range: [0, 1],
  unit: 'accuracy',
  isMean: true,
  comparesChoices: false,
};
const choice: MetricFacts = { ...accuracy, comparesChoices: true };
const aggregated: MetricFacts = { ...accuracy, range: [0, Infinity], unit: null, isMean: false };
const perplexity: MetricFacts = { ...aggregated, higherIsBetter: false };
const cost: MetricFacts = { ...perplexity, isMean: true };

/**
 * Those of lm_eval/api/metrics.py with its directions and aggregations, and those of its tasks that are shares of right
 * answers. Metrics that tasks compute with functions of their own (BLEU of TruthfulQA, judges) are on scales of their own.
 */
const facts: Readonly<Record<string, MetricFacts>> = {
  acc: choice,
  acc_norm: choice,
  acc_bytes: choice,
  acc_mutual_info: choice,
  acc_all: { ...accuracy, isMean: false },
  accuracy,
  em: accuracy,
  exact_match: accuracy,
  math_verify: accuracy,
  mc1: choice,
  mc2: choice,
  prompt_level_strict_acc: accuracy,
  prompt_level_loose_acc: accuracy,
  inst_level_strict_acc: { ...accuracy, isMean: false },
  inst_level_loose_acc: { ...accuracy, isMean: false },
  pass_at_1: accuracy,
  mrr: { ...choice, unit: null },
  prob: { ...choice, unit: 'probability' },
  bits: { ...cost, unit: 'bits', comparesChoices: true },
  answer_match: accuracy,
  answer_bits_per_byte: { ...cost, unit: 'bits per byte' },
  solution_match: accuracy,
  solution_bits_per_byte: { ...cost, unit: 'bits per byte' },
  response_tokens: cost,
  cut_off: { ...cost, range: [0, 1] },
  brier_score: { ...aggregated, higherIsBetter: false, range: [0, 2] },
  perplexity,
  ppl: perplexity,
  word_perplexity: perplexity,
  byte_perplexity: perplexity,
  bits_per_byte: { ...perplexity, unit: 'bits per byte' },
  likelihood_difference: cost,
  likelihood_diff: cost,
  pct_stereotype: { ...cost, range: [0, 1] },
  ter: perplexity,
  mcc: { ...aggregated, range: [-1, 1] },
  f1: aggregated,
  bleu: aggregated,
  chrf: aggregated,
  'chrf++': aggregated,
};

/** @param metric as results have it, with a filter or without; null for one that nothing is known of */
export function factsOf(metric: string): MetricFacts | null {
  const [name] = metric.split(',');
  if (/^pass@\d+$/.test(name)) return accuracy;
  return Object.hasOwn(facts, name) ? facts[name] : null;
}
