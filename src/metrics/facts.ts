/** What is known of the metrics in results files: hon-eval's and lm-evaluation-harness's. */
import { accuracyKind, choiceKind, costKind, type MetricFacts } from './metric.ts';
import { findMetric } from './metrics.ts';

const score: MetricFacts = { ...accuracyKind, range: [0, Infinity], unit: null };

/**
 * Those that hon-eval does not compute itself, of lm_eval/api/metrics.py with its directions and aggregations, of its
 * versions of 2021 to 2023, and of its tasks where they are shares of right answers. Metrics that tasks compute with
 * functions of their own (BLEU of TruthfulQA, judges) are on scales of their own, and nothing is known of them.
 */
const others: Readonly<Record<string, MetricFacts>> = {
  acc_all: { ...accuracyKind, aggregation: 'acc_all' },
  accuracy: accuracyKind,
  em: accuracyKind,
  math_verify: accuracyKind,
  mc1: choiceKind,
  mc2: choiceKind,
  prompt_level_strict_acc: accuracyKind,
  prompt_level_loose_acc: accuracyKind,
  inst_level_strict_acc: { ...accuracyKind, aggregation: 'agg_inst_level_acc' },
  inst_level_loose_acc: { ...accuracyKind, aggregation: 'agg_inst_level_acc' },
  pass_at_1: accuracyKind,
  ppl: { ...costKind, aggregation: 'perplexity' },
  likelihood_difference: costKind,
  likelihood_diff: costKind,
  pct_stereotype: { ...costKind, range: [0, 1] },
  bleu: { ...score, aggregation: 'bleu' },
  chrf: { ...score, aggregation: 'chrf' },
  'chrf++': { ...score, aggregation: 'chrf++' },
  ter: { ...costKind, aggregation: 'ter' },
};

/** @param metric as results have it, with a filter or without; null for one that nothing is known of */
export function factsOf(metric: string): MetricFacts | null {
  const [name] = metric.split(',');
  return findMetric(name) ?? (Object.hasOwn(others, name) ? others[name] : null);
}
