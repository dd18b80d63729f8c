import { access, constants, stat } from 'node:fs/promises';
import { HonEvalError, reason } from '../../errors.ts';
import type { Json } from '../../json.ts';
import { lines } from '../../lines.ts';
import { objectOrNull } from '../../python/read_json.ts';
import { malformed, parseLine } from './samples.ts';

/** A problem with what a model wrote: a line of samples_*.jsonl. */
export interface WrittenTexts {
  /** Index of the row in its split. */
  id: number;
  /** The right answer, or a solution that ends in it. */
  gold: string;
  /** At least one. */
  texts: string[];
  /** How the file says that they are graded, and what it says of each; null where it does not. */
  grader: string | null;
  details: ({ [key: string]: Json | undefined } | null)[];
  /** Share that the file says is right. */
  exactMatch: number | null;
  /** The line itself, and where it stands. */
  line: string;
  place: string;
}

/**
 * Texts of a samples file as they come: hon-eval's, or those of lm-evaluation-harness's `generate_until`. Throws a
 * `results` error that names the line which has none.
 */
export async function* readTexts(file: string): AsyncGenerator<WrittenTexts> {
  await checkReadable(file);
  let number = 0;
  let isEmpty = true;
  for await (const line of lines(file, 'results')) {
    number++;
    if (line.trim() === '') continue;
    isEmpty = false;
    yield parseTexts(line, `${file}, line ${number}`);
  }
  if (isEmpty) throw new HonEvalError('results', `${file}: expected samples, one a line, got an empty file.`);
}

async function checkReadable(file: string): Promise<void> {
  const fail = (message: string) => new HonEvalError('results', message);
  try {
    if ((await stat(file)).isDirectory()) throw fail(`${file} is a folder: name the samples_*.jsonl in it.`);
    await access(file, constants.R_OK);
  } catch (error) {
    if (error instanceof HonEvalError) throw error;
    throw fail(`Cannot read the samples in ${file}: ${reason(error)}.`);
  }
}

function parseTexts(line: string, place: string): WrittenTexts {
  const block = parseLine(line, place);
  const { doc_id: id, target, exact_match: exactMatch } = block;
  if (typeof id !== 'number') throw malformed(place, 'a document, with "doc_id"');
  if (isHashed(block.doc)) throw new HonEvalError('results', `${place}: ${confidential}`);
  if (typeof target !== 'string' && typeof target !== 'number') throw malformed(place, '"target", the right answer');
  const texts = textsOf(block.resps);
  if (!texts || asksForLogLikelihoods(block.arguments)) throw new HonEvalError('results', `${place}: ${noTexts}`);
  const own = objectOrNull(block.hon_eval);
  const details = Array.isArray(own?.samples) ? own.samples.map(objectOrNull) : [];
  return {
    id,
    gold: String(target),
    texts,
    grader: typeof own?.grader === 'string' ? own.grader : null,
    details: texts.map((_, i) => details[i] ?? null),
    exactMatch: typeof exactMatch === 'number' ? exactMatch : null,
    line,
    place,
  };
}

const confidential =
  'expected what the model wrote, got hashes: the benchmark is confidential, and only texts that were written with ' +
  '--reveal can be graded again.';

const noTexts =
  'expected what the model wrote in "resps", got none; the samples of hon-eval generate and of lm-evaluation-harness\'s ' +
  'generate_until have it, those of log-likelihoods do not.';

function isHashed(doc: Json | undefined): boolean {
  const block = objectOrNull(doc);
  return block !== null && typeof block.sha256 === 'string' && Object.keys(block).length === 1;
}

/** One list a request, of which there is one: `[[text, …]]`. */
function textsOf(resps: Json | undefined): string[] | null {
  const texts = Array.isArray(resps) ? resps.flat() : [];
  return texts.length > 0 && texts.every((text) => typeof text === 'string') ? texts : null;
}

/** A request for text has settings where one for a log-likelihood has a continuation. */
function asksForLogLikelihoods(value: Json | undefined): boolean {
  const [request] = Array.isArray(value) ? value : Object.values(objectOrNull(value) ?? {});
  const parts = Array.isArray(request) ? request : Object.values(objectOrNull(request) ?? {});
  return typeof parts[1] === 'string';
}
