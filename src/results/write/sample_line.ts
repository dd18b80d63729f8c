import type { GenerationRecord } from '../../harness/record/run_record.ts';
import type { GradedSample, ScoredDocument } from '../../harness/record/scored.ts';
import type { Document, Task } from '../../harness/task/task.ts';
import type { Metric } from '../../metrics/metric.ts';
import { metricsOf } from '../../metrics/metrics.ts';
import { signalsOf } from '../../metrics/signal.ts';
import {
  dumps,
  formatBoolean,
  formatFloat,
  PythonFloat,
  type PythonObject,
  type PythonValue,
} from '../../python/write_json.ts';
import { sha256 } from '../../sha256.ts';

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
    prompt: sha256(document.output === 'loglikelihood_rolling' ? requests[0][1] : requests[0][0]),
    target: sha256(targetOf(document)),
  };
}

function targetOf({ target, gold }: Document): string {
  return target ?? String(gold);
}

export interface SampleOptions {
  /** Whether the row is written in clear text even where the task is confidential. */
  reveal: boolean;
  /** How the model wrote; null where it was scored by log-likelihood. */
  generation: GenerationRecord | null;
}

/**
 * A line of samples_*.jsonl, without its newline: lm-evaluation-harness's `SampleResult` with its keys in its order,
 * then `hon_eval`. Scores must be finite.
 */
export function sampleLine(
  scored: ScoredDocument,
  task: Task,
  hashes: SampleHashes,
  { reveal, generation }: SampleOptions,
): string {
  const { document, samples } = scored;
  const metrics = metricsOf(task);
  const isHashed = task.confidential === true && !reveal;
  const settings = generation && generationArguments(generation);
  return dumps({
    doc_id: document.index,
    ...(isHashed ? hashedContent(scored, hashes, settings) : clearContent(scored, settings)),
    ...(samples ? writtenResponses(samples) : choiceResponses(scored)),
    filter: 'none',
    metrics: metrics.map(({ name }) => name),
    doc_hash: hashes.doc,
    prompt_hash: hashes.prompt,
    target_hash: hashes.target,
    ...Object.fromEntries(metrics.map(({ name, score }) => [name, new PythonFloat(score(scored))])),
    hon_eval: samples ? writtenDetails(document, samples) : choiceDetails(scored, metrics, !isHashed),
  });
}

function clearContent({ document, requests }: ScoredDocument, settings: PythonValue): PythonObject {
  return { doc: document.doc, target: targetOf(document), arguments: requestArguments(requests, document, settings) };
}

/** A hash in place of every text: enough to tell whether two files are of the same rows and prompts. */
function hashedContent(
  { document, requests }: ScoredDocument,
  { doc: hash, target }: SampleHashes,
  settings: PythonValue,
): PythonObject {
  const hashed = requests.map((texts) => texts.map(sha256) as [string, string]);
  return {
    doc: { sha256: hash },
    target: hashedTarget(document, target),
    arguments: requestArguments(hashed, document, settings),
  };
}

/** An index or a letter tells nothing without the choices. */
function hashedTarget(document: Document, hash: string): string {
  if (document.grader === undefined) return String(document.gold);
  return document.grader === 'letter' ? targetOf(document) : hash;
}

/** @param settings What stands for the continuation where the model is to write one; else null. */
function requestArguments(
  requests: ScoredDocument['requests'],
  { output }: Document,
  settings: PythonValue,
): PythonObject {
  const pair = ([arg_0, arg_1]: [string, string]): PythonObject =>
    output === 'loglikelihood_rolling' ? { arg_0: arg_1 } : { arg_0, arg_1: settings ?? arg_1 };
  return Object.fromEntries(requests.map((request, i) => [`gen_args_${i}`, pair(request)]));
}

/** As lm-evaluation-harness's `generate_until` names them. */
export function generationArguments({ stop, temperature, topP, topK, maxNewTokens }: GenerationRecord): PythonObject {
  return {
    until: [...stop],
    do_sample: temperature > 0,
    temperature: new PythonFloat(temperature),
    top_p: new PythonFloat(topP),
    top_k: topK,
    max_gen_toks: maxNewTokens,
  };
}

function choiceResponses({ scores, unconditional = [] }: ScoredDocument): PythonObject {
  const responses = [...scores, ...unconditional].map((score) => [
    formatFloat(score.logLikelihood),
    formatBoolean(score.greedy),
  ]);
  return { resps: responses.map((response) => [response]), filtered_resps: responses };
}

function writtenResponses(samples: readonly GradedSample[]): PythonObject {
  return { resps: [samples.map(({ text }) => text)], filtered_resps: samples.map(({ verdict }) => verdict.answer) };
}

/** What lm-evaluation-harness's lines lack; one entry a text. */
function writtenDetails({ grader }: Document, samples: readonly GradedSample[]): PythonObject {
  const details = samples.map(({ tokens, finish, verdict: { correct, outcome } }) => ({
    correct,
    outcome,
    tokens,
    finish,
  }));
  return { grader: grader ?? null, samples: details };
}

/** What lm-evaluation-harness's lines lack; one value a choice, and null for the score of a choice without length. */
function choiceDetails(scored: ScoredDocument, metrics: readonly Metric[], inClear: boolean): PythonValue {
  const toJson = (value: number) => (Number.isFinite(value) ? new PythonFloat(value) : null);
  const choiceScores = metrics.flatMap((metric) => {
    const values = metric.choiceScores?.(scored);
    return values ? [[metric.name, values.map(toJson)]] : [];
  });
  const kept = scored.scores.flatMap(({ tokenScores }) => (tokenScores ? [tokenScores] : []));
  const own = new Set(metrics.map(({ name }) => name));
  const signals = Object.entries(signalsOf(scored)).filter(([name]) => !own.has(name));
  return {
    choice_scores: Object.fromEntries(choiceScores),
    choice_tokens: scored.scores.map((score) => score.tokens),
    ...(kept.length > 0 && {
      token_log_probs: kept.map((tokens) => tokens.map(([logProb]) => toJson(logProb))),
      ...(inClear && { token_texts: kept.map((tokens) => tokens.map(([, text]) => text)) }),
    }),
    truncated_tokens: scored.truncatedTokens,
    signals: Object.fromEntries(signals.map(([name, value]) => [name, new PythonFloat(value)])),
  };
}
