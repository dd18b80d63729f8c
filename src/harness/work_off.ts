/** How every kind of run goes through the units of a model: what is there is taken over, what is missing is done. */
import { HonEvalError } from '../errors.ts';
import type { Journal } from './journal/journal.ts';
import { runBegun } from './journal/run_file.ts';
import { describeDifference } from './journal/settings.ts';
import type { RunListener, RunStep } from './open_run.ts';
import type { RunRecord, TaskRecord } from './record/run_record.ts';
import type { Task } from './task/task.ts';
import { sideBySide } from './workers/side_by_side.ts';

/** A benchmark of one model. */
export interface UnitOfWork {
  task: Task;
  journal: Pick<Journal<object>, 'unit' | 'file' | 'damaged' | 'earlier' | 'close'>;
  /** Documents or texts. */
  total: number;
  /** How many of them the journal has. */
  done(): number;
  /** Does the rest. */
  work(): Promise<void>;
  /** What came of it, from the journal alone. */
  record(): TaskRecord | Promise<TaskRecord>;
}

/** The units of a model, as they are worked off. */
export interface UnitsWork<U> {
  /** As the user named it. */
  model: string;
  units: readonly U[];
  /** How many are worked on at the same time; one after the other if left out. */
  width?: number;
  /** Makes the model ready, once, before the first unit that is not done. */
  load(): Promise<void>;
  /** Told of a failure that is not of one unit alone, while others are worked on. */
  stop?(error: unknown): void;
}

interface ModelWork extends UnitsWork<UnitOfWork> {
  /** Where its journals are. */
  folder: string;
  fresh: boolean;
  describe(finished: TaskRecord[], begun: Date): RunRecord;
}

/** Failures that are of one benchmark and need not be of the next. */
const kindsOfTask = ['dataset', 'numeric', 'memory', 'checkpoint', 'worker'];

/** Does what is missing of each unit, and gives the model's record after each that it has added to, and at the end. */
export async function* workOff(work: ModelWork, listener: RunListener): AsyncGenerator<RunStep> {
  const { model, folder, fresh, units, describe } = work;
  const begun = await runBegun(
    folder,
    units.map(({ journal }) => journal.unit),
    fresh,
  );
  const finished = new Map<UnitOfWork, TaskRecord>();
  const inOrder = () => units.flatMap((unit) => finished.get(unit) ?? []);
  let changed = false;
  let left = units.length;
  for await (const { unit, worked, failed } of finishUnits(work, listener)) {
    left--;
    if (failed) continue;
    changed ||= worked;
    try {
      finished.set(unit, await unit.record());
    } catch (error) {
      tellFailure(error, model, unit.task, listener);
      continue;
    }
    if (worked && left > 0) yield { record: describe(inOrder(), begun), changed, last: false };
  }
  if (finished.size > 0) yield { record: describe(inOrder(), begun), changed, last: true };
}

/** Does what is missing of each unit, and gives each once it is done, or has failed. */
export async function* finishUnits<U extends Omit<UnitOfWork, 'record'>>(
  { model, units, width = 1, load, stop = () => {} }: UnitsWork<U>,
  listener: RunListener,
): AsyncGenerator<{ unit: U; worked: boolean; failed: boolean }> {
  tellOfJournals(units, listener);
  listener.expected?.(
    model,
    units.map((unit) => ({ task: unit.task, done: unit.done(), total: unit.total })),
  );
  for (const unit of units) if (unit.done() > 0) listener.found(model, unit.task, unit.done(), unit.total);
  let loading: Promise<void> | undefined;
  const loadOnce = () => {
    if (!loading) listener.loading?.(model);
    loading ??= load();
    return loading;
  };
  async function* finish(unit: U) {
    const worked = unit.done() < unit.total;
    if (worked) await loadOnce();
    let failed = false;
    try {
      if (worked) await unit.work();
    } catch (error) {
      tellFailure(error, model, unit.task, listener);
      failed = true;
    }
    yield { unit, worked, failed };
  }
  yield* sideBySide(units, width, finish, stop);
}

/** Throws what is not of one benchmark alone. */
function tellFailure(error: unknown, model: string, task: Task, listener: RunListener): void {
  if (!(error instanceof HonEvalError && kindsOfTask.includes(error.kind))) throw error;
  listener.failed(model, task, error);
}

/** Says what of earlier runs is not taken over, and why. */
function tellOfJournals(units: readonly Pick<UnitOfWork, 'journal' | 'task'>[], listener: RunListener): void {
  const differences = new Map<string, string[]>();
  for (const { journal, task } of units) {
    if (journal.damaged > 0)
      listener.notice(`${journal.file}: ${journal.damaged} damaged lines; what they held is done again.`);
    if (!journal.earlier) continue;
    const difference = describeDifference(journal.earlier, journal.unit.settings);
    differences.set(difference, [...(differences.get(difference) ?? []), task.name]);
  }
  for (const [difference, tasks] of differences)
    listener.notice(`${tasks.join(', ')}: begun anew, as the earlier run was another: ${difference}.`);
}
