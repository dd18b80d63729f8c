/** Benchmarks whose documents are scored in a random order, as far as somebody wants to know. */
import { PythonRandom } from '../../python/random.ts';
import type { LoadedTask } from '../load_task.ts';
import type { Chosen, RunListener } from '../open_run.ts';
import type { TaskRecord } from '../record/run_record.ts';
import type { Document } from '../task/task.ts';
import { ModelScoring, type RunOptions } from './model_scoring.ts';
import { PreparedStore } from './prepared_store.ts';
import { makeReady } from './score_run.ts';

/**
 * Scores a model on growing shares of all benchmarks at once, and gives after each what came of the documents that are
 * new. Who has seen enough stops asking. All is kept in the journals of the model.
 *
 * @param tasks With their documents in the order in which they are scored
 * @param shares Of each benchmark's documents, ascending
 * @throws HonEvalError for whatever the user can mend
 */
export async function* scoreByLooks(
  tasks: readonly LoadedTask[],
  shares: readonly number[],
  options: Chosen<RunOptions>,
  listener: RunListener,
): AsyncGenerator<TaskRecord[]> {
  const [model] = options.models;
  const cut = tasks.map((task) => ({ ...task, cuts: cutsOf(task, shares) }));
  const ready = await makeReady(model, cut, options, listener);
  const folder = options.journalFolder(model);
  const { fresh } = options;
  const scoring = await ModelScoring.open(ready, options, { store: new PreparedStore(false), listener, folder, fresh });
  try {
    for (const unit of scoring.units) if (unit.done() > 0) listener.found(model, unit.task, unit.done(), unit.total);
    for (const [look, share] of shares.entries()) {
      const records: TaskRecord[] = [];
      for (const unit of scoring.units) {
        const [from, until] = [shares[look - 1] ?? 0, share].map((each) => countOf(unit.total, each));
        records.push(await scoring.scorePart(unit, from, until));
      }
      yield records;
    }
  } finally {
    await scoring.close();
  }
}

/** A share of the documents, in whole ones. */
function countOf(documents: number, share: number): number {
  return Math.ceil(share * documents);
}

function cutsOf({ documents }: LoadedTask, shares: readonly number[]): number[] {
  const counts = shares.map((share) => countOf(documents.length, share));
  return [...new Set(counts)].filter((count) => count < documents.length);
}

/** The documents in an order that the seed decides, with their places in it as indices, and those that they had. */
export function shuffled(documents: readonly Document[], seed: number): { documents: Document[]; order: number[] } {
  const order = new PythonRandom(seed).shuffle([...documents.keys()]);
  return { documents: order.map((at, index) => ({ ...documents[at], index })), order };
}
