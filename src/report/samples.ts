import { createHash } from 'node:crypto';
import type { ScoredDocument } from '../harness/scored.ts';
import type { MetricName } from '../harness/task.ts';
import { metricNames, metrics } from '../metrics/metrics.ts';
import { dumps, formatBoolean, formatFloat, PythonFloat, type PythonValue } from './python_format.ts';

/** What identifies a document, hexadecimal sha256 each, as lm-evaluation-harness computes them. */
export interface SampleHashes {
  /** Of the row, as `json.dumps(doc, indent=2, ensure_ascii=False)`. */
  doc: string;
  /** Of the first choice's context. */
  prompt: string;
  /** Of `str(gold)`. */
  target: string;
}

export function sampleHashes({ document, requests }: ScoredDocument): SampleHashes {
  return {
    doc: sha256(dumps(document.doc, 2)),
    prompt: sha256(requests[0][0]),
    target: sha256(String(document.gold)),
  };
}

/**
 * A line of samples_*.jsonl, without its newline: lm-evaluation-harness's `SampleResult` with its keys in its order,
 * then `hon_eval`. Scores must be finite.
 */
export function sampleLine(scored: ScoredDocument, taskMetrics: readonly MetricName[], hashes: SampleHashes): string {
  const { document, requests, scores } = scored;
  const names = metricNames.filter((name) => taskMetrics.includes(name));
  const responses = scores.map((score) => [formatFloat(score.logLikelihood), formatBoolean(score.greedy)]);
  const requestArguments = requests.map(([arg_0, arg_1], i) => [`gen_args_${i}`, { arg_0, arg_1 }]);
  return dumps({
    doc_id: document.index,
    doc: document.doc,
    target: String(document.gold),
    arguments: Object.fromEntries(requestArguments),
    resps: responses.map((response) => [response]),
    filtered_resps: responses,
    filter: 'none',
    metrics: names,
    doc_hash: hashes.doc,
    prompt_hash: hashes.prompt,
    target_hash: hashes.target,
    ...Object.fromEntries(names.map((name) => [name, new PythonFloat(metrics[name].score(scored))])),
    hon_eval: honEvalSample(scored),
  });
}

/** What lm-evaluation-harness's lines lack; one value a choice, and null for the score of a choice without length. */
function honEvalSample(scored: ScoredDocument): PythonValue {
  const choiceScores = metricNames.map((name) => [
    name,
    metrics[name].choiceScores(scored).map((value) => (Number.isFinite(value) ? new PythonFloat(value) : null)),
  ]);
  return {
    choice_scores: Object.fromEntries(choiceScores),
    choice_tokens: scored.scores.map((score) => score.tokens),
    truncated_tokens: scored.truncatedTokens,
  };
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
