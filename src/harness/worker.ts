/**
 * The thread that the backend lives in: its computation blocks, and on the main thread nothing else would move. Answers
 * every request of `ModelWorker` in order.
 */
import { parentPort } from 'node:worker_threads';
import type { LoadedModel } from '../backend/backend.ts';
import { findBackend } from '../backend/index.ts';
import { HonEvalError } from '../errors.ts';
import { buildModel } from '../model/index.ts';
import type { Answer, Question } from './model_worker.ts';

let model: LoadedModel | undefined;

async function answer(question: Question): Promise<Answer> {
  if (question.kind === 'load') {
    const { backend: name, config, tensors, options } = question;
    const backend = await findBackend(name, options.device, options.dtype);
    model = await backend.load(tensors, (ops) => buildModel(ops, config), options);
    return { kind: 'loaded', info: model.info, freeMemory: model.freeMemory };
  }
  if (!model) throw new Error('score before load');
  const started = performance.now();
  const scores = await model.score(question.batch);
  return { kind: 'scored', scores, seconds: (performance.now() - started) / 1000 };
}

/** Errors do not cross threads whole: what the other side needs of one. */
function failure(error: unknown): Answer {
  if (error instanceof HonEvalError) return { kind: 'failed', failure: error.kind, message: error.message };
  return { kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

let queue = Promise.resolve();
parentPort?.on('message', (question: Question) => {
  queue = queue.then(async () => parentPort?.postMessage(await answer(question).catch(failure)));
});
