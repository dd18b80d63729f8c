import { createHash } from 'node:crypto';
import type { ScoredDocument } from '../harness/scored.ts';
import { type Document, type MetricName, orderMetrics, type Task } from '../harness/task.ts';
import { metricOf } from '../metrics/metrics.ts';
import {
  dumps,
  formatBoolean,
  formatFloat,
  PythonFloat,
  type PythonObject,
  type PythonValue,
} from './python_format.ts';

/** What identifies a document, hexadecimal sha256 each, as lm-evaluation-harness computes them. */
export interface SampleHashes {
  /** Of the row, as `json.dumps(doc, indent=2, ensure_ascii=False)`. */
  doc: string;
  /** Of the first choice's context. */
  prompt: string;
  /** Of the right choice's name, which is its index for most benchmarks. */
  target: string;
}

export function sampleHashes({ document, requests }: ScoredDocument): SampleHashes {
  return {
    doc: sha256(dumps(document.doc, 2)),
    prompt: sha256(requests[0][0]),
    target: sha256(targetOf(document)),
  };
}

function targetOf({ target, gold }: Document): string {
  return target ?? String(gold);
}

/**
 * A line of samples_*.jsonl, without its newline: lm-evaluation-harness's `SampleResult` with its keys in its order,
 * then `hon_eval`. Scores must be finite.
 *
 * @param reveal whether the row is written in clear text even where the task is confidential
 */
export function sampleLine(scored: ScoredDocument, task: Task, hashes: SampleHashes, reveal: boolean): string {
  const { document, scores } = scored;
  const names = orderMetrics(task.metrics);
  const responses = scores.map((score) => [formatFloat(score.logLikelihood), formatBoolean(score.greedy)]);
  return dumps({
    doc_id: document.index,
    ...(task.confidential && !reveal ? hiddenContent(scored, hashes) : clearContent(scored)),
    resps: responses.map((response) => [response]),
    filtered_resps: responses,
    filter: 'none',
    metrics: names,
    doc_hash: hashes.doc,
    prompt_hash: hashes.prompt,
    target_hash: hashes.target,
    ...Object.fromEntries(names.map((name) => [name, new PythonFloat(metricOf(name).score(scored))])),
    hon_eval: honEvalSample(scored, names),
  });
}

function clearContent({ document, requests }: ScoredDocument): PythonObject {
  return { doc: document.doc, target: targetOf(document), arguments: requestArguments(requests) };
}

/** A hash in place of every text: enough to tell whether two files are of the same rows and prompts. */
function hiddenContent({ document, requests }: ScoredDocument, { doc: hash }: SampleHashes): PythonObject {
  const hidden = requests.map((texts) => texts.map(sha256) as [string, string]);
  return { doc: { sha256: hash }, target: String(document.gold), arguments: requestArguments(hidden) };
}

function requestArguments(requests: ScoredDocument['requests']): PythonObject {
  return Object.fromEntries(requests.map(([arg_0, arg_1], i) => [`gen_args_${i}`, { arg_0, arg_1 }]));
}

/** What lm-evaluation-harness's lines lack; one value a choice, and null for the score of a choice without length. */
function honEvalSample(scored: ScoredDocument, names: readonly MetricName[]): PythonValue {
  const toJson = (value: number) => (Number.isFinite(value) ? new PythonFloat(value) : null);
  const choiceScores = names.flatMap((name) => {
    const values = metricOf(name).choiceScores?.(scored);
    return values ? [[name, values.map(toJson)]] : [];
  });
  return {
    choice_scores: Object.fromEntries(choiceScores),
    choice_tokens: scored.scores.map((score) => score.tokens),
    truncated_tokens: scored.truncatedTokens,
  };
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
