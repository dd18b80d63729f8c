/** What can be known of a model and a benchmark before anything is scored. */
import { setImmediate } from 'node:timers/promises';
import { HonEvalError } from '../../errors.ts';
import type { LoadedTask } from '../load_task.ts';
import type { CommonOptions, OpenModel, RunListener } from '../open_run.ts';
import { type AskedDocument, askedOf } from './encode.ts';
import { checkDocument } from './prepare_batches.ts';
import { prepareOptions } from './prepared.ts';

/** Tokens that a byte of text is at most: a normaliser may spell a character in some more bytes than it had. */
const tokensPerByte = 3;

/** By a task's documents, those tokenizers and windows with which all of them can be asked: checkpoints of a run have one. */
const seen = new WeakMap<LoadedTask['documents'], Set<string>>();

/** Documents that are looked at before a wish to stop is heeded. */
const stride = 32;

/**
 * The tasks of which the model can be asked every request: that a choice fits into its window, and that its vocabulary
 * has the tokens. The others are left out where options say so. Throws the first one's error otherwise, and where none
 * is left.
 */
export async function possibleTasks(
  model: OpenModel,
  tasks: readonly LoadedTask[],
  { skipImpossible = false, signal }: Pick<CommonOptions, 'skipImpossible' | 'signal'>,
  listener: Pick<RunListener, 'notice'>,
): Promise<LoadedTask[]> {
  const possible: LoadedTask[] = [];
  let first: HonEvalError | undefined;
  for (const task of tasks) {
    const obstacle = await findObstacle(model, task, signal);
    first ??= obstacle;
    if (!obstacle) possible.push(task);
    else if (skipImpossible) listener.notice(`${task.task.name} is left out: ${obstacle.message}`);
  }
  if (!first || (skipImpossible && possible.length > 0)) return possible;
  const advice = tasks.length > 1 && !skipImpossible ? ' --skip-impossible leaves such benchmarks out.' : '';
  throw new HonEvalError(first.kind, first.message + advice, { cause: first });
}

async function findObstacle(
  { tokenizer, config }: OpenModel,
  { task, documents }: LoadedTask,
  signal?: AbortSignal,
): Promise<HonEvalError | undefined> {
  const options = prepareOptions(config, 1);
  const { maxLength, vocabularySize } = options;
  const before = seen.get(documents) ?? new Set();
  const key = JSON.stringify([tokenizer.key, options]);
  if (before.has(key)) return undefined;
  const knowsAll = tokenizer.largestId < vocabularySize;
  // Most documents are sure to be fine, and encoding all of them twice takes as long as scoring on a GPU.
  let looked = 0;
  for (const document of documents) {
    const asked = askedOf(document, task);
    if (knowsAll && isSure(asked, maxLength)) continue;
    if (looked++ % stride === 0) await setImmediate();
    signal?.throwIfAborted();
    try {
      checkDocument(tokenizer, asked, options);
    } catch (error) {
      if (error instanceof HonEvalError) return error;
      throw error;
    }
  }
  seen.set(documents, before.add(key));
  return undefined;
}

/** Whether a document's requests have tokens, and few enough, as far as their text tells. */
function isSure({ requests, rolling }: AskedDocument, maxLength: number): boolean {
  const fits = (text: string) => rolling || tokensPerByte * Buffer.byteLength(text) <= maxLength;
  return requests.every(([context, text]) => (rolling || context.trim()) && text.trim() && fits(text));
}
