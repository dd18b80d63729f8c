/** The side of a thread, or of a process, that answers questions, and what goes over the channel. */
import { setImmediate } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import { type FailureKind, HonEvalError } from '../errors.ts';

/** What goes back: an answer, or what the other side needs of an error. */
export type Reply<A> = { answer: A } | { message: string; kind: FailureKind } | { error: Error };

/** What a thread says first: it has imported what it needs, and the time of its first question starts now. */
export const ready = 'ready';

/** Signals that are the parent's to heed: a terminal and schedulers send them to all processes of a group. */
const parentsSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Ends a thread. */
export const close = 'close';

/** Answers every question in order. `transfer` names the memory of an answer to hand over. */
export function answerQuestions<Q, A>(
  answer: (question: Q) => A | Promise<A>,
  transfer: (answer: A) => ArrayBufferLike[] = () => [],
): void {
  let queue = Promise.resolve();
  const port = openPort<Q>();
  const reply = async (question: Q) => {
    // Lets `close` in between two questions.
    await setImmediate();
    try {
      const given = await answer(question);
      port.post({ answer: given } satisfies Reply<A>, transfer(given));
    } catch (error) {
      port.post(failure(error));
    }
  };
  port.listen((question) => {
    // Ends the thread, not the process, and does not queue: what waits there is of no use any more.
    if (question === close) process.exit();
    queue = queue.then(() => reply(question));
  });
  port.post(ready);
}

interface Port<Q> {
  post(message: unknown, transfer?: ArrayBufferLike[]): void;
  listen(hear: (question: Q | typeof close) => void): void;
}

/** To whoever started the thread, or the process, which ends when its parent does. */
function openPort<Q>(): Port<Q> {
  const thread = parentPort;
  if (thread)
    return {
      post: (message, transfer = []) => thread.postMessage(message, transfer as ArrayBuffer[]),
      listen: (hear) => thread.on('message', hear),
    };
  process.on('disconnect', () => process.exit());
  for (const signal of parentsSignals) process.on(signal, () => {});
  return {
    post: (message) => process.send!(message),
    listen: (hear) => process.on('message', hear as (message: unknown) => void),
  };
}

/** Errors cross threads as plain ones, without their class and what it adds. */
function failure(error: unknown): Reply<never> {
  if (error instanceof HonEvalError) return { message: error.message, kind: error.kind };
  return { error: error instanceof Error ? error : new Error(String(error)) };
}

/** The error in a reply that is none. */
export function errorOf(reply: Exclude<Reply<never>, { answer: never }>): Error {
  return 'error' in reply ? reply.error : new HonEvalError(reply.kind, reply.message);
}
