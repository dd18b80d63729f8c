/** How every kind of run goes through the units of a model: what is there is taken over, what is missing is done. */
import { HonEvalError } from '../errors.ts';
import type { Journal } from './journal/journal.ts';
import { runBegun } from './journal/run_file.ts';
import { describeDifference } from './journal/settings.ts';
import type { RunListener, RunStep } from './open_run.ts';
import type { RunRecord, TaskRecord } from './record/run_record.ts';
import type { Task } from './task/task.ts';

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

interface ModelWork {
  /** As the user named it. */
  model: string;
  /** Where its journals are. */
  folder: string;
  fresh: boolean;
  units: readonly UnitOfWork[];
  /** Makes the model ready, once, before the first unit that is not done. */
  load(): Promise<void>;
  describe(finished: TaskRecord[], begun: Date): RunRecord;
}

/** Failures that are of one benchmark and need not be of the next. */
const kindsOfTask = ['dataset', 'numeric', 'memory', 'checkpoint'];

/** Does what is missing of each unit, and gives the model's record after each that it has added to, and at the end. */
export async function* workOff(work: ModelWork, listener: RunListener): AsyncGenerator<RunStep> {
  const { model, folder, fresh, units, describe } = work;
  const begun = await runBegun(
    folder,
    units.map(({ journal }) => journal.unit),
    fresh,
  );
  const finished: TaskRecord[] = [];
  let changed = false;
  for await (const { unit, worked } of finishUnits(work, listener)) {
    changed ||= worked;
    try {
      finished.push(await unit.record());
    } catch (error) {
      tellFailure(error, model, unit.task, listener);
      continue;
    }
    if (worked && unit !== units.at(-1)) yield { record: describe([...finished], begun), changed, last: false };
  }
  if (finished.length > 0) yield { record: describe(finished, begun), changed, last: true };
}

/** Does what is missing of each unit, and gives those that are done. */
export async function* finishUnits<U extends Omit<UnitOfWork, 'record'>>(
  { model, units, load }: { model: string; units: readonly U[]; load(): Promise<void> },
  listener: RunListener,
): AsyncGenerator<{ unit: U; worked: boolean }> {
  tellOfJournals(units, listener);
  for (const unit of units) if (unit.done() > 0) listener.found(model, unit.task, unit.done(), unit.total);
  let loaded = false;
  for (const unit of units) {
    const worked = unit.done() < unit.total;
    if (worked) {
      if (!loaded) {
        listener.loading?.(model);
        await load();
      }
      loaded = true;
      try {
        await unit.work();
      } catch (error) {
        tellFailure(error, model, unit.task, listener);
        continue;
      }
    }
    yield { unit, worked };
  }
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
