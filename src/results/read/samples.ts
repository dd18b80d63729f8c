import { HonEvalError } from '../../errors.ts';
import { isTooDeep, type Json, type JsonObject } from '../../json.ts';
import { lines } from '../../lines.ts';
import { factsOf } from '../../metrics/facts.ts';
import { objectOrNull, parsePythonJson } from '../../python/read_json.ts';
import { dumps } from '../../python/write_json.ts';
import { sha256 } from '../../sha256.ts';

type Block = NonNullable<ReturnType<typeof objectOrNull>>;

/** A document with what one model made of it: a line of samples_*.jsonl. Texts may come from anywhere. */
export interface Sample {
  /** Index of the row in its split. */
  id: number;
  /** null where the file withholds it. */
  doc: JsonObject | null;
  /** As Python's `str` writes it: the index of the right choice in multiple-choice benchmarks. */
  target: string;
  /** One [context, continuation] pair a choice; none where the file withholds them. */
  requests: [context: string, continuation: string][];
  /** One a request; null where the model was asked for text. */
  logLikelihoods: number[] | null;
  /** One a choice, of the choice without the question; null where no metric asks for it. */
  unconditional: number[] | null;
  /** Names of its metrics, with the filter in them as in the results. */
  metrics: string[];
  /** By metric; those left out that have no number for a single document. */
  scores: ReadonlyMap<string, number>;
  /** sha256 of the document, hexadecimal. */
  docHash: string;
  /**
   * sha256 that differs where a request does, hexadecimal; that of the document where the model wrote its answer, as the
   * same problem stands in another chat template for another model.
   */
  requestsHash: string;
  /** Tokens of each continuation; null where the file does not tell. */
  choiceTokens: number[] | null;
  /** Natural log-probabilities of each continuation's tokens; null where the file has none. */
  tokenLogProbs: number[][] | null;
  /** What each of those tokens adds to the text; null where the file has none. */
  tokenTexts: string[][] | null;
  /** By metric, what the choices are compared by, where the file tells. */
  choiceScores: ReadonlyMap<string, number[]>;
  /** What the model wrote; null where it was not asked for text. */
  written: WrittenText[] | null;
  /** Whether the file has hashes in place of the texts, or no texts at all. */
  hashed: boolean;
}

/** A text that a model wrote. What a file does not tell is null. */
export interface WrittenText {
  text: string;
  /** What was taken for its answer. */
  answer: string | null;
  correct: boolean | null;
  /** Why it is right or wrong: `equal`, `different`, `no answer`, … */
  outcome: string | null;
  tokens: number | null;
  /** Why it ended. */
  finish: string | null;
}

/** Lines of a samples file as they come. Throws a `results` error that names the line which is malformed. */
export async function* readSamples(file: string): AsyncGenerator<Sample> {
  let number = 0;
  for await (const line of lines(file, 'results')) {
    number++;
    if (line.trim() !== '') yield parseSample(line, `${file}, line ${number}`);
  }
}

/** A line of a samples file. Throws a `results` error with its place. */
export function parseSample(line: string, place: string): Sample {
  const block = parseLine(line, place);
  const { doc_id: id, filter = 'none', target } = block;
  const doc = objectOrNull(block.doc) as JsonObject | null;
  const docHash = typeof block.doc_hash === 'string' ? block.doc_hash : doc && hashOf(doc, place);
  if (typeof id !== 'number' || docHash === null) throw malformed(place, 'a document, with "doc_id" and "doc"');
  const requests = parseRequests(block.arguments) ?? [];
  const details = objectOrNull(block.hon_eval);
  const written = Array.isArray(details?.samples);
  const asked = requests.length > 0 ? sha256(JSON.stringify(requests)) : block.prompt_hash;
  const requestsHash = written ? docHash : asked;
  if (typeof requestsHash !== 'string') throw malformed(place, '"arguments", the [context, continuation] pairs');
  const tokens = details?.choice_tokens;
  const { metrics, scores } = parseScores(block, String(filter));
  const logLikelihoods = parseLogLikelihoods(block.filtered_resps, requests.length);
  // Behind those with the question, lm-evaluation-harness has the requests without it that this metric needs.
  const choices = metrics.includes('acc_mutual_info') ? requests.length / 2 : requests.length;
  return {
    id,
    doc,
    target: typeof target === 'string' ? target : JSON.stringify(target ?? null),
    requests: requests.slice(0, choices),
    logLikelihoods: logLikelihoods?.slice(0, choices) ?? null,
    written: parseWritten(block),
    unconditional: logLikelihoods && choices < requests.length ? logLikelihoods.slice(choices) : null,
    metrics,
    scores,
    docHash,
    requestsHash,
    choiceTokens: isNumbers(tokens) ? tokens : null,
    tokenLogProbs: parseTokenLogProbs(details?.token_log_probs),
    tokenTexts: parseTokenTexts(details?.token_texts),
    choiceScores: parseChoiceScores(details?.choice_scores),
    hashed: doc === null || Object.keys(doc).join() === 'sha256',
  };
}

function hashOf(doc: JsonObject, place: string): string {
  try {
    return sha256(dumps(doc, 2));
  } catch (error) {
    // Infinite numbers, and more levels than a thread has room for.
    if (!(error instanceof RangeError)) throw error;
    throw malformed(place, '"doc", a document that can be written as JSON');
  }
}

/** A line as a JSON object. Throws a `results` error with its place. */
export function parseLine(line: string, place: string): Block {
  try {
    const block = objectOrNull(parsePythonJson(line));
    if (block && !isTooDeep(block as Json)) return block;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw malformed(place, `JSON (${error.message}; is the file cut short?)`);
  }
  throw malformed(place, 'a JSON object');
}

/** `{ gen_args_0: { arg_0, arg_1 } }` as of 2024, or a list of pairs. */
function parseRequests(value: Json | undefined): [string, string][] | null {
  const object = objectOrNull(value);
  const items = object ? Object.values(object) : value;
  if (!Array.isArray(items)) return null;
  const pairs = items.map((item) => (Array.isArray(item) ? item : Object.values(objectOrNull(item) ?? {})));
  if (!pairs.every(([context]) => typeof context === 'string')) return null;
  return pairs.map(([context, continuation]) => [
    String(context),
    typeof continuation === 'string' ? continuation : '',
  ]);
}

/** `[log-likelihood, greedy]` of each choice: numbers, or as Python's `str` writes them. */
function parseLogLikelihoods(value: Json | undefined, count: number): number[] | null {
  if (!Array.isArray(value) || value.length !== count) return null;
  const numbers = value.map((response) => (Array.isArray(response) && response.length === 2 ? response[0] : null));
  const isNumber = (item: Json) => typeof item === 'number' || (typeof item === 'string' && pythonFloat.test(item));
  return numbers.every(isNumber) ? numbers.map(parseFloatOfPython) : null;
}

/** Beside the texts stand the answers that were taken from them, or one for all; beside log-likelihoods stand pairs. */
function parseWritten({ resps, filtered_resps: answers, hon_eval: own }: Block): WrittenText[] | null {
  const texts = Array.isArray(resps) ? resps.flat() : [];
  if (!Array.isArray(answers) || answers.some((answer) => Array.isArray(answer))) return null;
  if (texts.length === 0 || !texts.every((text) => typeof text === 'string')) return null;
  const samples = objectOrNull(own)?.samples;
  return texts.map((text, i) => {
    const { correct, outcome, tokens, finish } = objectOrNull(Array.isArray(samples) ? samples[i] : null) ?? {};
    const answer = answers[i];
    return {
      text,
      answer: typeof answer === 'string' ? answer : null,
      correct: typeof correct === 'boolean' ? correct : null,
      outcome: typeof outcome === 'string' ? outcome : null,
      tokens: typeof tokens === 'number' ? tokens : null,
      finish: typeof finish === 'string' ? finish : null,
    };
  });
}

const pythonFloat = /^(-?inf|nan|-?\d+(\.\d+)?(e[+-]?\d+)?)$/;

function parseFloatOfPython(value: Json): number {
  if (value === 'nan') return Number.NaN;
  return Number(String(value).replace('inf', 'Infinity'));
}

/** Files of before 2025 do not list their metrics. */
function parseScores(block: Block, filter: string): Pick<Sample, 'metrics' | 'scores'> {
  const names = Array.isArray(block.metrics)
    ? block.metrics.filter((name) => typeof name === 'string')
    : Object.keys(block).filter(factsOf);
  const suffix = filter === 'none' ? '' : `,${filter}`;
  const signals = Object.entries(objectOrNull(objectOrNull(block.hon_eval)?.signals) ?? {});
  const scores = [...names.map((name): [string, Json | undefined] => [name + suffix, block[name]]), ...signals];
  return {
    metrics: scores.map(([name]) => name),
    scores: new Map(scores.filter((score): score is [string, number] => typeof score[1] === 'number')),
  };
}

/** null stands for the score of a choice without length, which divides to -Infinity. */
function parseChoiceScores(value: Json | undefined): Map<string, number[]> {
  const entries = Object.entries(objectOrNull(value) ?? {}).map(([metric, scores]): [string, Json | undefined] => [
    metric,
    withInfinities(scores),
  ]);
  return new Map(entries.filter((entry): entry is [string, number[]] => isNumbers(entry[1])));
}

/** null stands for a token of no probability. */
function parseTokenLogProbs(value: Json | undefined): number[][] | null {
  const lists = Array.isArray(value) ? value.map(withInfinities) : [];
  return lists.length > 0 && lists.every(isNumbers) ? lists : null;
}

function parseTokenTexts(value: Json | undefined): string[][] | null {
  const isTexts = (list: Json): list is string[] =>
    Array.isArray(list) && list.every((text) => typeof text === 'string');
  return Array.isArray(value) && value.length > 0 && value.every(isTexts) ? value : null;
}

function withInfinities(value: Json | undefined): Json | undefined {
  return Array.isArray(value) ? value.map((item) => item ?? -Infinity) : value;
}

function isNumbers(value: Json | undefined): value is number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number');
}

export function malformed(place: string, expected: string): HonEvalError {
  return new HonEvalError('results', `${place}: expected ${expected}, got none.`);
}
